using System.Net.Http.Headers;
using System.Net.Sockets;

namespace SealFs.Core.Control;

/// <summary>
/// Sends requests to one address. What does not answer in gRPC is no manager: another program has the address by now, or a network stands between that answers for others.
/// That connection is given up, so that the next call makes a new one, and the call fails as if nobody had answered.
/// </summary>
internal sealed class ManagerHandler(Func<SocketsHttpHandler> open) : HttpMessageHandler
{
    private readonly Lock gate = new();
    private HttpMessageInvoker connections = new(open());

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var used = Volatile.Read(ref connections);
        var response = await used.SendAsync(request, cancellationToken);
        if (IsGrpc(response.Content.Headers.ContentType))
            return response;
        var status = (int)response.StatusCode;
        response.Dispose();
        Renew(used);

        // gRPC calls UNAVAILABLE what has a SocketException in it.
        var message = $"what answers there is no manager (HTTP status {status})";
        throw new HttpRequestException(message, new SocketException((int)SocketError.ConnectionRefused, message));
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            connections.Dispose();
        base.Dispose(disposing);
    }

    private static bool IsGrpc(MediaTypeHeaderValue? type) => type?.MediaType?.StartsWith("application/grpc", StringComparison.Ordinal) == true;

    private void Renew(HttpMessageInvoker used)
    {
        lock (gate)
        {
            if (connections != used)
                return;
            connections = new HttpMessageInvoker(open());
        }
        used.Dispose();
    }
}
