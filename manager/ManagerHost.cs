using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Manager.Metrics;
using SealFs.Manager.Services;
using SealFs.Manager.Store;
using SealFs.Manager.Tls;

namespace SealFs.Manager;

/// <summary>
/// A running manager: the control plane behind gRPC, and a second port for /metrics and /healthz. It reads no configuration and handles no signals by
/// itself, so that it can be one of many things in a process.
/// </summary>
public sealed partial class ManagerHost : IAsyncDisposable
{
    private readonly WebApplication application;
    private readonly ControlPlane plane;
    private readonly IManagerStore store;
    private readonly ILogger logger;
    private int stopped;

    private ManagerHost(WebApplication application, ControlPlane plane, IManagerStore store, ILogger logger)
    {
        this.application = application;
        this.plane = plane;
        this.store = store;
        this.logger = logger;
    }

    /// <summary>host:port of the control plane, with the real port.</summary>
    public string Address { get; private set; } = "";

    /// <summary>URL of the metrics port, or null when there is none.</summary>
    public string? MetricsUrl { get; private set; }

    /// <summary>For measuring: what the services call.</summary>
    internal ControlPlane Plane => plane;

    public string ClusterId => plane.Maps.Current.ClusterId.ToString("D");

    /// <summary>Opens the state and serves.</summary>
    /// <exception cref="ArgumentException">The options make no sense or contradict the stored state.</exception>
    /// <exception cref="IOException">The data directory is in use or a port is taken.</exception>
    /// <exception cref="UnauthorizedAccessException">Other users can enter the data directory.</exception>
    /// <exception cref="InvalidDataException">The stored state is damaged.</exception>
    public static async Task<ManagerHost> StartAsync(ManagerOptions options, ILoggerFactory? loggers = null, CancellationToken cancellation = default)
    {
        options.Validate();
        return await StartAsync(options, LiteDbManagerStore.Open(options.DataDirectory), loggers ?? NullLoggerFactory.Instance, cancellation);
    }

    internal static async Task<ManagerHost> StartAsync(
        ManagerOptions options, IManagerStore store, ILoggerFactory loggers, CancellationToken cancellation)
    {
        ControlPlane? plane = null;
        WebApplication? application = null;
        try
        {
            options.Validate();
            plane = await ControlPlane.StartAsync(options, store, loggers.CreateLogger<ControlPlane>(), cancellation);
            application = Build(options, plane, loggers);
            await application.StartAsync(cancellation);
        }
        catch
        {
            if (application is not null)
                await application.DisposeAsync();
            if (plane is not null)
                await plane.DisposeAsync();
            await store.DisposeAsync();
            throw;
        }
        var host = new ManagerHost(application, plane, store, loggers.CreateLogger<ManagerHost>());
        host.ReadAddresses(options.Credentials is not null);
        return host;
    }

    /// <summary>Answers what is under way, ends the watch streams, and closes the state.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref stopped, 1) != 0)
            return;
        plane.BeginStop();
        using (var limit = new CancellationTokenSource(Limits.ShutdownTimeout))
            await application.StopAsync(limit.Token);
        await application.DisposeAsync();
        await plane.DisposeAsync();
        await store.DisposeAsync();
        LogStopped(Address);
    }

    private static WebApplication Build(ManagerOptions options, ControlPlane plane, ILoggerFactory loggers)
    {
        var listen = ListenAddress.Parse(options.ListenAddress, options.Insecure || options.Credentials is not null);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(listen, options.Port, endpoint =>
            {
                endpoint.Protocols = HttpProtocols.Http2;
                if (options.Credentials is { } credentials)
                    endpoint.Secure(credentials);
            });
            if (options.MetricsPort >= 0)
                kestrel.Listen(listen, options.MetricsPort, endpoint => endpoint.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        builder.Services.AddSingleton<IHostLifetime, SilentLifetime>();
        builder.Services.AddSingleton(plane);
        builder.Services.AddSingleton(options.Clock);
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = Limits.MaxRequestBytes;
            grpc.MaxSendMessageSize = null;
            grpc.Interceptors.Add<CallInterceptor>();
        });
        Telemetry.Add(builder.Services, metricsPort: options.MetricsPort >= 0);

        var application = builder.Build();
        if (options.Credentials is { } own)
            application.Use(new CallGate(own, plane, options.Clock, loggers.CreateLogger<CallGate>()).InvokeAsync);
        application.MapGrpcService<ControlService>();
        if (options.MetricsPort >= 0)
        {
            application.MapPrometheusScrapingEndpoint();
            application.MapGet("/healthz", (HttpContext context) => context.Response.WriteAsync("ok\n"));
        }
        return application;
    }

    private void ReadAddresses(bool isSecured)
    {
        // In the order in which they were given to Kestrel.
        var addresses = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToList();
        Address = new Uri(addresses[0]).Authority;
        MetricsUrl = addresses.Count > 1 ? addresses[1] : null;
        LogServing(Address, isSecured ? "with TLS" : "in cleartext", MetricsUrl ?? "none");
    }

    [LoggerMessage(8201, LogLevel.Information, "The manager serves at {Address} {Security}; metrics at {MetricsUrl}.")]
    private partial void LogServing(string address, string security, string metricsUrl);

    [LoggerMessage(8202, LogLevel.Information, "The manager at {Address} has stopped.")]
    private partial void LogStopped(string address);

    /// <summary>Signals belong to the process, which disposes the host.</summary>
    private sealed class SilentLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
