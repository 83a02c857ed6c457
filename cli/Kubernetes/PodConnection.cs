using System.Buffers;
using System.Net.WebSockets;
using System.Text;

namespace SealFs.Cli.Kubernetes;

/// <summary>
/// One connection to a port of a pod, through the API server and the kubelet: the subresource portforward over a WebSocket, protocol v4.channel.k8s.io.
/// <code>
/// each message   channel u8 · payload
/// channel 0      data; the first message from the server has the port as a u16 instead
/// channel 1      what went wrong, as text; the first message likewise
/// </code>
/// </summary>
internal sealed class PodConnection(WebSocket socket) : IDisposable
{
    public const string Protocol = "v4.channel.k8s.io";

    private const int ChunkBytes = 32 << 10;
    private const int DataChannel = 0;
    private const int ErrorChannel = 1;

    /// <summary>Carries bytes in both directions until either side ends.</summary>
    /// <param name="local">The other end.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What the cluster reported, or null when it ended in order.</returns>
    public async Task<string?> RelayAsync(Stream local, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var up = SendAllAsync(local, stop.Token);
        var down = ReceiveAllAsync(local, stop.Token);
        var first = await Task.WhenAny(up, down);
        await stop.CancelAsync();
        await ((Task)up).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await ((Task)down).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return first == down && down.IsCompletedSuccessfully ? await down : null;
    }

    public void Dispose() => socket.Dispose();

    private async Task SendAllAsync(Stream local, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            buffer[0] = DataChannel;
            while (await local.ReadAsync(buffer.AsMemory(1, ChunkBytes - 1), cancellation) is var count and > 0)
                await socket.SendAsync(buffer.AsMemory(0, count + 1), WebSocketMessageType.Binary, endOfMessage: true, cancellation);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<string?> ReceiveAllAsync(Stream local, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        var portsSeen = 0;
        var channel = -1;
        try
        {
            while (true)
            {
                var part = await socket.ReceiveAsync(buffer.AsMemory(0, ChunkBytes), cancellation);
                if (part.MessageType == WebSocketMessageType.Close)
                    return null;

                // Long messages come in parts: only the first has the channel.
                var isFirst = channel < 0;
                if (isFirst && part.Count > 0)
                    channel = buffer[0];
                var payload = buffer.AsMemory(isFirst ? 1 : 0, part.Count - (isFirst && part.Count > 0 ? 1 : 0));
                var isPort = isFirst && channel is DataChannel or ErrorChannel && (portsSeen & (1 << channel)) == 0;
                if (isPort)
                    portsSeen |= 1 << channel;
                else if (channel == ErrorChannel && payload.Length > 0)
                    return Encoding.UTF8.GetString(payload.Span).Trim();
                else if (channel == DataChannel)
                    await local.WriteAsync(payload, cancellation);
                if (part.EndOfMessage)
                    channel = -1;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
