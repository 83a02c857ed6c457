using Microsoft.Extensions.Logging;
using SealFs.Cli.Output;

namespace SealFs.Cli.Settings;

/// <summary>The settings that several commands share.</summary>
internal static class GlobalSettings
{
    /// <summary>Where <c>sealfs manager</c> and <c>sealfs up</c> listen unless told otherwise.</summary>
    public const string DefaultManager = "127.0.0.1:7400";

    public static readonly Setting<string?> Config = Setting<string?>.Value(
        "--config", "FILE", "Configuration file.", SettingParsers.Text, null, SettingsFile.DefaultPath + ", if it is there");

    public static readonly Setting<OutputFormat> Output = Setting<OutputFormat>.Value(
        "--output", "human|json", "How results are printed on stdout.",
        SettingParsers.OneOf(("human", OutputFormat.Human), ("json", OutputFormat.Json)), OutputFormat.Human, "human");

    public static readonly Setting<LogLevel> LogLevel = Setting<LogLevel>.Value(
        "--log-level", "LEVEL", "Least severity of the log on stderr: trace, debug, information, warning, error, critical or none.",
        SettingParsers.OneOf(
            ("trace", Microsoft.Extensions.Logging.LogLevel.Trace), ("debug", Microsoft.Extensions.Logging.LogLevel.Debug),
            ("information", Microsoft.Extensions.Logging.LogLevel.Information), ("info", Microsoft.Extensions.Logging.LogLevel.Information),
            ("warning", Microsoft.Extensions.Logging.LogLevel.Warning), ("error", Microsoft.Extensions.Logging.LogLevel.Error),
            ("critical", Microsoft.Extensions.Logging.LogLevel.Critical), ("none", Microsoft.Extensions.Logging.LogLevel.None)),
        Microsoft.Extensions.Logging.LogLevel.Information, "information");

    public static readonly Setting<bool> LogJson = Setting<bool>.Switch(
        "--log-json", "Write the log as one JSON object a line instead of text.");

    public static readonly Setting<string> Manager = Setting<string>.Value(
        "--manager", "HOST:PORT", "Address of the manager.", SettingParsers.Text, DefaultManager, DefaultManager);

    public static readonly Setting<TimeSpan> Timeout = Setting<TimeSpan>.Value(
        "--timeout", "TIME", "How long to wait for the manager and the nodes.", SettingParsers.Duration, TimeSpan.FromSeconds(15), "15s");

    /// <summary>Those that every command has.</summary>
    public static readonly Setting[] Global = [Config, Output, LogLevel, LogJson];
}
