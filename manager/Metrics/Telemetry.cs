using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace SealFs.Manager.Metrics;

/// <summary>
/// Meters and traces: scraped from the metrics port, and pushed over OTLP when OTEL_EXPORTER_OTLP_ENDPOINT names a collector (the exporter reads this and
/// its other variables itself).
/// </summary>
internal static class Telemetry
{
    private const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string ServiceName = "sealfs-manager";

    public static void Add(IServiceCollection services, bool metricsPort)
    {
        var push = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(EndpointVariable));
        if (!push && !metricsPort)
            return;
        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(ServiceName))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(ManagerMetrics.MeterName, "Microsoft.AspNetCore.Server.Kestrel").AddRuntimeInstrumentation();
                if (metricsPort)
                    metrics.AddPrometheusExporter();
                if (push)
                    metrics.AddOtlpExporter();
            })
            .WithTracing(tracing =>
            {
                // ASP.NET Core makes an activity for every call by itself.
                tracing.AddSource("Microsoft.AspNetCore");
                if (push)
                    tracing.AddOtlpExporter();
            });
    }
}
