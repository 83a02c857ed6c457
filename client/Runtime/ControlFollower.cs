using Microsoft.Extensions.Logging;
using SealFs.Client.Mounting;
using SealFs.Client.Routing;
using SealFs.Core.Control;

namespace SealFs.Client.Runtime;

/// <summary>
/// Brings newer maps and tokens from the manager, in the background. It starts after the mount answers, because the control plane's libraries take long
/// to load; while no manager can be reached, nothing changes.
/// </summary>
internal sealed class ControlFollower(WorkerParameters parameters, ClusterRouter router, ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    public void Start() => _running = Task.Run(RunAsync);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        using var client = new ControlClient(parameters.Options.Managers, credentials: MountCredentials.Follow(parameters.Options, loggers));
        await using var maps = new MapWatcher(client, parameters.Session.Map, logger: loggers.CreateLogger<MapWatcher>());
        maps.Changed += router.Update;
        maps.Start();

        // The keeper renews too; twice does no harm, and this worker gets a fresh token for its next connection.
        await using var session = ClientSessionLoop.Attach(client, parameters.Session, logger: loggers.CreateLogger<ClientSessionLoop>());
        session.Renewed += router.Update;
        session.Lost += _ => router.EndSession();
        await Task.Delay(Timeout.Infinite, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
