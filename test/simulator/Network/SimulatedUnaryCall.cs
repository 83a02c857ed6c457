using Grpc.Core;
using SealFs.Simulator.World;

namespace SealFs.Simulator.Network;

/// <summary>The asking side of one control-plane call: an answer, a failure, its deadline, or given up.</summary>
internal sealed class SimulatedUnaryCall<TResponse>
{
    private readonly TaskCompletionSource<TResponse> _outcome = new();
    private readonly ITimer? _deadline;
    private readonly CancellationTokenRegistration _cancellation;

    public SimulatedUnaryCall(SimulatedProcess process, string method, CallOptions options)
    {
        if (options.Deadline is { } deadline)
        {
            var left = deadline - process.Clock.GetUtcNow().UtcDateTime;
            _deadline = process.Clock.CreateTimer(
                _ => Fail(new Status(StatusCode.DeadlineExceeded, method)), null, left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }

        _cancellation = options.CancellationToken.UnsafeRegister(_ => Fail(new Status(StatusCode.Cancelled, method)), null);
    }

    public Task<TResponse> Task => _outcome.Task;

    public Action Ended { get; set; } = static () => { };

    public void Answer(TResponse response) => End(() => _outcome.TrySetResult(response));

    public void Fail(Status status) => End(() => _outcome.TrySetException(new RpcException(status)));

    public void Unreachable() => Fail(new Status(StatusCode.Unavailable, "the connection was lost"));

    public void Dispose()
    {
        _deadline?.Dispose();
        _cancellation.Dispose();
    }

    private void End(Func<bool> how)
    {
        if (_outcome.Task.IsCompleted)
            return;
        Dispose();
        how();
        Ended();
    }
}
