using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SealFs.CsiDriver.Hosting;

namespace SealFs.CsiDriver.Registration;

/// <summary>
/// The socket by which a kubelet finds the plugin. The kubelet looks when a socket appears in its directory, also after its own restart; one that refused is shown
/// the socket anew after a while.
/// </summary>
internal sealed class KubeletRegistration : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    private KubeletRegistration(UnixGrpcServer first, Func<Task<UnixGrpcServer>> start, RegistrationOutcome outcome) =>
        _running = RunAsync(first, start, outcome);

    /// <exception cref="IOException">The directory cannot be used.</exception>
    public static async Task<KubeletRegistration> StartAsync(CsiDriverOptions options, ILoggerFactory loggers)
    {
        var outcome = new RegistrationOutcome();
        var path = Path.Combine(options.RegistrationDirectory, $"{options.DriverName}-reg.sock");
        return new KubeletRegistration(await StartServerAsync(), StartServerAsync, outcome);

        Task<UnixGrpcServer> StartServerAsync() => UnixGrpcServer.StartAsync(
            path,
            loggers,
            services => services.AddSingleton(options).AddSingleton(outcome),
            application => application.MapGrpcService<RegistrationService>(),
            CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync(UnixGrpcServer server, Func<Task<UnixGrpcServer>> start, RegistrationOutcome outcome)
    {
        while (true)
        {
            await outcome.Refused.WaitAsync(_stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.Delay(CsiLimits.RegistrationRetry, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await server.DisposeAsync();
            if (_stopping.IsCancellationRequested)
                return;
            outcome.Reset();
            server = await start();
        }
    }
}
