using System.Globalization;

namespace SealFs.Cli.Cluster;

/// <summary>Progress in plain characters, so that it looks the same on a terminal, in a file and in a mail.</summary>
internal static class ProgressText
{
    private const int Width = 20;

    /// <summary>"[########............]  40 %".</summary>
    public static string Bar(double fraction)
    {
        var bounded = double.IsFinite(fraction) ? Math.Clamp(fraction, 0, 1) : 0;
        var filled = (int)(bounded * Width);
        return string.Create(CultureInfo.InvariantCulture, $"[{new string('#', filled)}{new string('.', Width - filled)}] {(int)(bounded * 100),3} %");
    }

    /// <summary>"3 h 5 min", "40 s"; two units at most.</summary>
    public static string Time(TimeSpan time) => time switch
    {
        { TotalDays: >= 1 } => $"{(int)time.TotalDays} d {time.Hours} h",
        { TotalHours: >= 1 } => $"{time.Hours} h {time.Minutes} min",
        { TotalMinutes: >= 1 } => $"{time.Minutes} min {time.Seconds} s",
        _ => $"{Math.Max(0, (int)Math.Ceiling(time.TotalSeconds))} s",
    };

    /// <summary>"12.5 %".</summary>
    public static string Percent(double fraction) => (fraction * 100).ToString("0.#", CultureInfo.InvariantCulture) + " %";
}
