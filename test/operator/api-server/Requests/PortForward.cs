using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace SealFs.Testing.Kubernetes.Requests;

/// <summary>The subresource portforward of pods over a WebSocket (v4.channel.k8s.io), for one port: as kubelet and API server do it, to wherever a test lets the pod be.</summary>
internal static class PortForward
{
    private const string Protocol = "v4.channel.k8s.io";
    private const int ChunkBytes = 16 << 10;

    public static async Task RunAsync(HttpContext context, EndPoint? target, CancellationToken cancellation)
    {
        if (!context.WebSockets.IsWebSocketRequest)
            throw ApiErrorException.BadRequest("Upgrade request required");
        var port = ushort.Parse(context.Request.Query["ports"].ToString());
        using var socket = await context.WebSockets.AcceptWebSocketAsync(Protocol);
        foreach (byte channel in (byte[])[0, 1])
            await socket.SendAsync(new byte[] { channel, (byte)port, (byte)(port >> 8) }, WebSocketMessageType.Binary, true, cancellation);
        using var pod = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await pod.ConnectAsync(target ?? throw new SocketException((int)SocketError.HostUnreachable), cancellation);
        }
        catch (SocketException problem)
        {
            var text = Encoding.UTF8.GetBytes($"\u0001error forwarding port {port} to pod: {problem.Message}");
            await socket.SendAsync(text, WebSocketMessageType.Binary, true, cancellation);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, cancellation);
            return;
        }
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAny(UpAsync(socket, pod, stop.Token), DownAsync(socket, pod, stop.Token));
        await stop.CancelAsync();
        if (socket.State == WebSocketState.Open)
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
    }

    private static async Task UpAsync(WebSocket socket, Socket pod, CancellationToken cancellation)
    {
        var buffer = new byte[ChunkBytes];
        var skip = 1;
        while (await socket.ReceiveAsync(buffer.AsMemory(), cancellation) is { MessageType: WebSocketMessageType.Binary } part)
        {
            await pod.SendAsync(buffer.AsMemory(skip, part.Count - skip), cancellation);
            skip = part.EndOfMessage ? 1 : 0;
        }
    }

    private static async Task DownAsync(WebSocket socket, Socket pod, CancellationToken cancellation)
    {
        var buffer = new byte[ChunkBytes];
        while (await pod.ReceiveAsync(buffer.AsMemory(1), cancellation) is var count and > 0)
            await socket.SendAsync(buffer.AsMemory(0, count + 1), WebSocketMessageType.Binary, true, cancellation);
    }
}
