using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace SealFs.StorageNode.Hosting;

/// <summary>
/// Meters on their way out: scraped from the metrics port, and pushed over OTLP when OTEL_EXPORTER_OTLP_ENDPOINT names a collector. A meter belongs to the
/// process: of several nodes in one, one should have the port.
/// </summary>
internal sealed class NodeTelemetry : IAsyncDisposable
{
    private const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string ServiceName = "sealfs-node";

    private readonly WebApplication _application;

    private NodeTelemetry(WebApplication application) => _application = application;

    /// <summary>URL of the metrics port, or null when there is none.</summary>
    public string? Url { get; private set; }

    /// <summary>Null when nothing is asked for. <paramref name="failure"/> says why the node serves nothing; null while it does.</summary>
    public static async Task<NodeTelemetry?> StartAsync(NodeOptions options, Func<string?> failure, ILoggerFactory loggers, CancellationToken cancellation)
    {
        var push = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(EndpointVariable));
        var hasPort = options.MetricsPort >= 0;
        if (!push && !hasPort)
            return null;
        var application = Build(options, failure, loggers, hasPort, push);
        await application.StartAsync(cancellation);
        var telemetry = new NodeTelemetry(application);
        if (hasPort)
            telemetry.Url = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return telemetry;
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private static WebApplication Build(NodeOptions options, Func<string?> failure, ILoggerFactory loggers, bool hasPort, bool push)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(
                hasPort ? IPAddress.Parse(options.ListenAddress) : IPAddress.Loopback,
                Math.Max(0, options.MetricsPort),
                endpoint => endpoint.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        builder.Services.AddSingleton<IHostLifetime, SilentLifetime>();
        builder.Services.AddRoutingCore();
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(ServiceName))
            .WithMetrics(metrics => Add(metrics, hasPort, push));

        var application = builder.Build();
        if (hasPort)
        {
            application.MapPrometheusScrapingEndpoint();
            application.MapGet("/healthz", (HttpContext context) =>
            {
                if (failure() is not { } reason)
                    return context.Response.WriteAsync("ok\n");
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                return context.Response.WriteAsync(reason + "\n");
            });
        }

        return application;
    }

    private static void Add(MeterProviderBuilder metrics, bool hasPort, bool push)
    {
        metrics.AddMeter("SealFs.*").AddRuntimeInstrumentation();
        if (hasPort)
            metrics.AddPrometheusExporter();
        if (push)
            metrics.AddOtlpExporter();
    }

    /// <summary>Signals belong to the process, which disposes the host.</summary>
    private sealed class SilentLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
