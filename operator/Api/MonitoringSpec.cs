namespace SealFs.Operator.Api;

/// <summary>Metrics and traces of manager and nodes.</summary>
public sealed class MonitoringSpec
{
    /// <summary>Create a ServiceMonitor for the Prometheus operator, which must be installed.</summary>
    public bool ServiceMonitor { get; set; }

    /// <summary>Where OpenTelemetry data are pushed, as http://host:4317.</summary>
    public string? OtlpEndpoint { get; set; }
}
