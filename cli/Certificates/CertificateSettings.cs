using SealFs.Cli.Settings;
using SealFs.Core.Security;

namespace SealFs.Cli.Certificates;

/// <summary>What the commands about certificates share.</summary>
internal static class CertificateSettings
{
    /// <param name="description">What lies there.</param>
    public static Setting<string?> Directory(string description) => Setting<string?>.Value("--dir", "DIR", description, SettingParsers.Text, null, null);

    /// <param name="description">Of what.</param>
    /// <param name="fallback">When nobody says otherwise.</param>
    public static Setting<TimeSpan> Days(string description, TimeSpan fallback) => Setting<TimeSpan>.Value(
        "--days", "N", description, ParseDays, fallback, $"{fallback.TotalDays}");

    /// <exception cref="FormatException">It cannot stand in a certificate.</exception>
    public static string ParseName(string text) => CertificateIdentity.ProblemWith(text) is { } problem ? throw new FormatException(problem) : text;

    private static TimeSpan ParseDays(string text)
    {
        const double MostDays = 36_525;
        var days = SettingParsers.Positive(text);
        return days <= MostDays ? TimeSpan.FromDays(days) : throw new FormatException($"'{text}' is more than {MostDays} days");
    }
}
