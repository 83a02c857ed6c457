using Grpc.Core;

namespace SealFs.Simulator.Network;

/// <summary>The writing side of a stream.</summary>
internal sealed class SimulatedStreamWriter<T>(Action<T> send) : IServerStreamWriter<T>
{
    public WriteOptions? WriteOptions { get; set; }

    public Task WriteAsync(T message)
    {
        send(message);
        return Task.CompletedTask;
    }

    public Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return WriteAsync(message);
    }
}
