using Grpc.Core;

namespace SealFs.Simulator.Network;

/// <summary>The reading side of a stream.</summary>
internal sealed class SimulatedStream<T> : IAsyncStreamReader<T>
{
    private readonly Queue<T> _arrived = new();
    private TaskCompletionSource<bool>? _waiting;
    private bool _isLost;

    public T Current { get; private set; } = default!;

    public Action Ended { get; set; } = static () => { };

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (_arrived.Count == 0 && !_isLost)
        {
            var waiting = _waiting = new TaskCompletionSource<bool>();
            using var registration = cancellationToken.UnsafeRegister(_ => waiting.TrySetResult(false), null);
            await waiting.Task;
            if (cancellationToken.IsCancellationRequested)
                throw new RpcException(new Status(StatusCode.Cancelled, "cancelled"));
        }

        if (_arrived.TryDequeue(out var next))
        {
            Current = next;
            return true;
        }

        throw new RpcException(new Status(StatusCode.Unavailable, "the connection was lost"));
    }

    public void Add(T message)
    {
        _arrived.Enqueue(message);
        _waiting?.TrySetResult(true);
    }

    public void Lost()
    {
        _isLost = true;
        _waiting?.TrySetResult(false);
    }

    public void Dispose() => Ended();
}
