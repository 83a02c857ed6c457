using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using k8s;
using k8s.Autorest;

namespace SealFs.Cli.Kubernetes;

/// <summary>
/// A port on loopback behind which the manager of a cluster in Kubernetes listens. Each connection to it becomes one to the pod, through the API server: nothing of the
/// cluster has to be reachable but that. While it is open, other users of this machine can connect to it too, as with kubectl port-forward: a manager with TLS does not hear them.
/// </summary>
internal sealed class ManagerTunnel : IAsyncDisposable
{
    private const int ControlPort = 7400;

    private readonly IKubernetes _client;
    private readonly string _space;
    private readonly string _pod;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private PodConnection? _ahead;
    private Task _accepting = Task.CompletedTask;

    private ManagerTunnel(IKubernetes client, string space, string pod)
    {
        _client = client;
        _space = space;
        _pod = pod;
    }

    /// <summary>Where the manager can be reached now.</summary>
    public string Address => $"{_listener.LocalEndpoint}";

    /// <exception cref="CommandFailure">The pod cannot be reached.</exception>
    public static async Task<ManagerTunnel> OpenAsync(IKubernetes client, string space, string pod, CancellationToken cancellation)
    {
        var tunnel = new ManagerTunnel(client, space, pod);
        try
        {
            // The first connection ahead of its use, so that what is wrong is told as what it is.
            tunnel._ahead = await tunnel.ConnectAsync(cancellation);
        }
        catch (Exception problem) when (problem is HttpOperationException or WebSocketException or HttpRequestException or KubernetesException)
        {
            await tunnel.DisposeAsync();
            throw Explain(problem, $"{space}/{pod}");
        }
        tunnel._listener.Start();
        tunnel._accepting = tunnel.AcceptAsync();
        return tunnel;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        _ahead?.Dispose();
        _stopping.Dispose();
    }

    /// <summary>Of an upgrade that was refused, the client knows only the status.</summary>
    private static CommandFailure Explain(Exception problem, string pod) => problem switch
    {
        WebSocketException when problem.Message.Contains("'404'", StringComparison.Ordinal) => new CommandFailure(ExitCode.NotFound, $"There is no pod {pod}: is there such a cluster?", problem),
        WebSocketException when problem.Message.Contains("'403'", StringComparison.Ordinal) => new CommandFailure(
            ExitCode.Refused, $"The API server forbids to reach pod {pod}: the rights to get and create pods/portforward are needed.", problem),
        _ => new CommandFailure(ExitCode.Unreachable, $"Port {ControlPort} of pod {pod} cannot be reached through the API server: {KubernetesAccess.Describe(problem)}", problem),
    };

    private async Task<PodConnection> ConnectAsync(CancellationToken cancellation) => new(
        await _client.WebSocketNamespacedPodPortForwardAsync(_pod, _space, [ControlPort], PodConnection.Protocol, cancellationToken: cancellation));

    private async Task AcceptAsync()
    {
        var relays = new List<Task>();
        try
        {
            while (true)
                relays.Add(RelayAsync(await _listener.AcceptTcpClientAsync(_stopping.Token)));
        }
        catch (Exception problem) when (problem is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // It was closed.
        }
        await Task.WhenAll(relays);
    }

    /// <summary>A connection that fails is closed: the control client makes another, and says after its time-out that it could not.</summary>
    private async Task RelayAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                using var connection = Interlocked.Exchange(ref _ahead, null) ?? await ConnectAsync(_stopping.Token);
                if (await connection.RelayAsync(client.GetStream(), _stopping.Token) is { } problem)
                    Console.Error.WriteLine($"sealfs: {_space}/{_pod}: {problem}");
            }
            catch (Exception problem) when (problem is HttpOperationException or WebSocketException or HttpRequestException or KubernetesException or IOException or OperationCanceledException)
            {
                if (!_stopping.IsCancellationRequested)
                    Console.Error.WriteLine($"sealfs: {_space}/{_pod}: {KubernetesAccess.Describe(problem)}");
            }
        }
    }
}
