using System.Diagnostics;
using System.Globalization;
using SealFs.Client.Runtime;

namespace SealFs.Client.Mounting;

/// <summary>
/// One execution of the worker: `sealfs mount-worker PARAMETERS-FD READY-FD`. It inherits the descriptors of /dev/fuse, the arena and these two.
/// </summary>
internal sealed class WorkerProcess : IDisposable
{
    /// <summary>The hidden command. It is recognised before anything else of the command line is built, because its start is a pause for applications.</summary>
    public const string CommandName = "mount-worker";

    /// <summary>The kernel said that the mount is gone: nobody has to follow.</summary>
    public const int UnmountedExitCode = 0;

    /// <summary>
    /// Starts are made one at a time: a descriptor is inheritable only while its worker is started, so that no worker of another mount holds it.
    /// </summary>
    private static readonly Lock s_startGate = new();

    private readonly Process _process;
    private readonly ReadyPipe _ready;

    private WorkerProcess(Process process, ReadyPipe ready)
    {
        _process = process;
        _ready = ready;
    }

    public int ProcessId => _process.Id;

    /// <param name="command">The program.</param>
    /// <param name="parameters">What it is to serve.</param>
    /// <param name="heapLimitBytes">Bound of its managed memory; 0: none but the machine's.</param>
    public static WorkerProcess Start(SelfCommand command, WorkerParameters parameters, long heapLimitBytes = 0)
    {
        using var memory = InheritedMemory.Create("sealfs-worker-parameters", WorkerParametersCodec.ToBytes(parameters));
        int[] inherited = [memory.Descriptor, .. parameters.FuseDescriptors, .. new[] { parameters.ArenaDescriptor, parameters.LifelineDescriptor }.Where(one => one >= 0)];
        lock (s_startGate)
        {
            Array.ForEach(inherited, Native.MakeInheritable);
            try
            {
                return Start(command, memory.Descriptor, heapLimitBytes);
            }
            finally
            {
                Array.ForEach(inherited, Native.MakePrivate);
            }
        }
    }

    private static WorkerProcess Start(SelfCommand command, int parametersDescriptor, long heapLimitBytes)
    {
        var ready = new ReadyPipe();
        try
        {
            var start = new ProcessStartInfo(command.FileName) { UseShellExecute = false };
            foreach (var argument in command.LeadingArguments)
                start.ArgumentList.Add(argument);
            start.ArgumentList.Add(CommandName);
            start.ArgumentList.Add(parametersDescriptor.ToString(CultureInfo.InvariantCulture));
            start.ArgumentList.Add(ready.WriteDescriptor.ToString(CultureInfo.InvariantCulture));
            if (heapLimitBytes > 0)
                start.Environment["DOTNET_GCHeapHardLimit"] = heapLimitBytes.ToString("x", CultureInfo.InvariantCulture);
            var process = Process.Start(start) ?? throw new InvalidOperationException("The worker was not started.");
            ready.CloseWriteEnd();
            return new WorkerProcess(process, ready);
        }
        catch
        {
            ready.Dispose();
            throw;
        }
    }

    /// <summary>Null once the worker serves, else why it does not.</summary>
    public Task<string?> WaitReadyAsync(CancellationToken cancellation) => _ready.WaitAsync(cancellation);

    /// <summary>Returns only when the process is dead and reaped: its successor must not read from the kernel before.</summary>
    public async Task<int> WaitExitAsync()
    {
        await _process.WaitForExitAsync().ConfigureAwait(false);
        return _process.ExitCode;
    }

    /// <summary>SIGTERM: write everything back, then end.</summary>
    public void AskToDrain() => _ = Native.kill(_process.Id, 15);

    public void Kill() => _process.Kill();

    public void Dispose()
    {
        _ready.Dispose();
        _process.Dispose();
    }
}
