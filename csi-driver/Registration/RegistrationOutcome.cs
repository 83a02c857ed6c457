namespace SealFs.CsiDriver.Registration;

/// <summary>What the kubelet said last.</summary>
internal sealed class RegistrationOutcome
{
    private TaskCompletionSource _refused = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the kubelet refuses the plugin.</summary>
    public Task Refused => Volatile.Read(ref _refused).Task;

    public void Report(bool isRegistered)
    {
        if (!isRegistered)
            Volatile.Read(ref _refused).TrySetResult();
    }

    public void Reset() => Volatile.Write(ref _refused, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
