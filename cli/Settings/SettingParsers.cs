using System.Globalization;

namespace SealFs.Cli.Settings;

/// <summary>Text to value, for every kind of setting. Each throws <see cref="FormatException"/> with a message that shows a right form.</summary>
internal static class SettingParsers
{
    private static readonly (string Suffix, double Milliseconds)[] DurationUnits = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)];

    public static string Text(string text) => text;

    public static bool Boolean(string text) => text.ToLowerInvariant() switch
    {
        "true" or "1" or "yes" or "on" => true,
        "false" or "0" or "no" or "off" => false,
        _ => throw new FormatException($"'{text}' is neither true nor false"),
    };

    public static Func<string, int> Integer(int minimum, int maximum) => text =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= minimum && value <= maximum
            ? value
            : throw new FormatException($"'{text}' is not a whole number from {minimum} to {maximum}");

    public static ulong Count(string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new FormatException($"'{text}' is not a whole number");

    public static double Positive(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value > 0 && double.IsFinite(value)
            ? value
            : throw new FormatException($"'{text}' is not a number above 0");

    public static long Size(string text) => ByteSize.Parse(text);

    public static TimeSpan Duration(string text)
    {
        foreach (var (suffix, milliseconds) in DurationUnits)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal)
                && double.TryParse(text.AsSpan(0, text.Length - suffix.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
                && value * milliseconds < TimeSpan.MaxValue.TotalMilliseconds / 2)
            {
                return TimeSpan.FromMilliseconds(value * milliseconds);
            }
        }
        throw new FormatException($"'{text}' is not a duration (examples: 500ms, 30s, 5m)");
    }

    public static Func<string, T> OneOf<T>(params (string Name, T Value)[] choices) => text =>
    {
        foreach (var (name, value) in choices)
            if (string.Equals(name, text, StringComparison.OrdinalIgnoreCase))
                return value;
        throw new FormatException($"'{text}' is not one of {string.Join(", ", choices.Select(choice => choice.Name))}");
    };
}
