using System.Net.Http.Headers;
using System.Net.Sockets;
using SealFs.Core.Security;

namespace SealFs.Core.Control;

/// <summary>
/// Sends requests to one address. What does not answer in gRPC is no manager: another program has the address by now, or a network stands between that answers for others.
/// That connection is given up, so that the next call makes a new one, and the call fails as if nobody had answered. When the credentials have changed, the next call makes a
/// new connection as well; what is under way on the old one ends there.
/// </summary>
/// <param name="credentials">With which TLS is spoken; null: as the address says.</param>
/// <param name="clock">What is compared with the times in certificates.</param>
internal sealed class ManagerHandler(ICredentialSource? credentials, TimeProvider clock) : HttpMessageHandler
{
    private readonly Lock gate = new();
    private ManagerConnections? current;
    private bool disposed;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var used = Take();
        try
        {
            if (used.Credentials is not null)
                request.RequestUri = new UriBuilder(request.RequestUri!) { Scheme = Uri.UriSchemeHttps }.Uri;
            var response = await used.Invoker.SendAsync(request, cancellationToken);
            if (IsGrpc(response.Content.Headers.ContentType))
                return response;
            var status = (int)response.StatusCode;
            response.Dispose();
            GiveUp(used);
            throw Unreachable($"what answers there is no manager (HTTP status {status})");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Nobody has cancelled it: the time to connect has run out, as it does where packets are dropped. gRPC would say that the caller has given it up.
            throw Unreachable("no connection was accepted in time");
        }
        finally
        {
            Return(used);
        }
    }

    protected override void Dispose(bool disposing)
    {
        ManagerConnections? last;
        lock (gate)
        {
            disposed = true;
            last = current;
            current = null;
        }
        if (disposing)
            last?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>gRPC calls UNAVAILABLE what has a SocketException in it.</summary>
    internal static HttpRequestException Unreachable(string message) => new(message, new SocketException((int)SocketError.ConnectionRefused, message));

    private static bool IsGrpc(MediaTypeHeaderValue? type) => type?.MediaType?.StartsWith("application/grpc", StringComparison.Ordinal) == true;

    private ManagerConnections Take()
    {
        var wanted = Wanted();
        ManagerConnections taken;
        ManagerConnections? outdated = null;
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (current is null || current.Credentials != wanted)
            {
                outdated = current is { } earlier && earlier.Retire() ? earlier : null;
                current = new ManagerConnections(wanted, clock);
            }
            taken = current;
            taken.Users++;
        }
        outdated?.Dispose();
        return taken;
    }

    private Credentials? Wanted()
    {
        try
        {
            return credentials?.Current;
        }
        catch (CredentialException problem)
        {
            throw Unreachable(problem.Message);
        }
    }

    private void GiveUp(ManagerConnections used)
    {
        lock (gate)
        {
            if (current == used)
                current = null;
            used.IsRetired = true;
        }
    }

    private void Return(ManagerConnections used)
    {
        bool isLast;
        lock (gate)
            isLast = --used.Users == 0 && used.IsRetired;
        if (isLast)
            used.Dispose();
    }
}
