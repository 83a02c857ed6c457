using System.Net;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;

namespace SealFs.Bench;

/// <summary>The other process of <see cref="RpcBench"/>: answers with attributes at once, until its standard input ends.</summary>
internal sealed class RpcBenchServer : IRpcHandler
{
    public static async Task<int> RunAsync(string unixPath)
    {
        await using var server = new RpcServer(new RpcServerOptions
        {
            Handler = new RpcBenchServer(),
            Listen = [new IPEndPoint(IPAddress.Loopback, 0)],
            UnixPath = unixPath,
        });
        server.Start();
        Console.WriteLine(((IPEndPoint)server.Addresses[0]).Port);
        await Console.In.ReadToEndAsync();
        return 0;
    }

    public void OnConnected(RpcPeer peer)
    {
    }

    public void Handle(RpcServerRequest request)
    {
        switch (request.Header.Opcode)
        {
            case Opcode.Hello:
                request.Reply(Errno.None, new HelloReply(1, new NodeId(1), 1, 256));
                break;
            case Opcode.Ping:
                request.Reply(Errno.None, RpcBenchUsage.Now);
                break;
            default:
                request.Reply(Errno.None, default(AttributesReply));
                break;
        }
    }

    public void OnDisconnected(RpcPeer peer, string reason)
    {
    }
}
