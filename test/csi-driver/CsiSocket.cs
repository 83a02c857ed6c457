using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using SealFs.CsiDriver.Protocol;

namespace SealFs.CsiDriver.Tests;

/// <summary>A connection to the driver as the kubelet and the sidecars have it: gRPC over the Unix socket.</summary>
public sealed class CsiSocket : IDisposable
{
    private readonly GrpcChannel _channel;

    /// <param name="path">Where the driver listens.</param>
    /// <param name="host">What the client calls the host: kubelets name the path here.</param>
    public CsiSocket(string path, string host = "localhost")
    {
        _channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
        {
            HttpHandler = new HostHandler(host, new SocketsHttpHandler
            {
                UseProxy = false,
                ConnectCallback = async (_, cancellation) =>
                {
                    var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    try
                    {
                        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
                        return new NetworkStream(socket, ownsSocket: true);
                    }
                    catch
                    {
                        socket.Dispose();
                        throw;
                    }
                },
            }),
            DisposeHttpClient = true,
        });
        Identity = new Protocol.Identity.IdentityClient(_channel);
        Controller = new Protocol.Controller.ControllerClient(_channel);
        Node = new Protocol.Node.NodeClient(_channel);
        Registration = new Protocol.Registration.RegistrationClient(_channel);
    }

    public Protocol.Identity.IdentityClient Identity { get; }

    public Protocol.Controller.ControllerClient Controller { get; }

    public Protocol.Node.NodeClient Node { get; }

    public Protocol.Registration.RegistrationClient Registration { get; }

    /// <summary>The call must be refused with this status; returns the reason.</summary>
    public static async Task<string> RefusedAsync<T>(StatusCode expected, AsyncUnaryCall<T> call)
    {
        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await call);
        Assert.True(expected == refusal.StatusCode, $"{refusal.StatusCode}: {refusal.Status.Detail}");
        return refusal.Status.Detail;
    }

    public void Dispose() => _channel.Dispose();

    private sealed class HostHandler(string host, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.TryAddWithoutValidation("Host", host);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
