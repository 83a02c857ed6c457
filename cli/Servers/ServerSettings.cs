using SealFs.Cli.Settings;

namespace SealFs.Cli.Servers;

/// <summary>What manager and node share.</summary>
internal static class ServerSettings
{
    public static readonly Setting<bool> Insecure = Setting<bool>.Switch(
        "--insecure", "Listen on addresses other than loopback without --tls-dir: whoever reaches the port can do everything. For trusted networks.");

    /// <param name="fallback">The default port of this server.</param>
    public static Setting<int> MetricsPort(int fallback) => Setting<int>.Value(
        "--metrics-port", "PORT", "Port of /metrics (Prometheus) and /healthz, on the address of --listen; 0: any free one; off: none.",
        text => text == "off" ? -1 : SettingParsers.Integer(0, 65_535)(text), fallback, fallback < 0 ? "off" : $"{fallback}");
}
