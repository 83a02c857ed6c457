using System.Globalization;

namespace SealFs.Cli.Settings;

/// <summary>Sizes as people write them. "K", "KB" and "KiB" all mean 1,024 bytes, as df and lvm have it; case does not matter.</summary>
internal static class ByteSize
{
    private const string Units = "KMGTPE";

    /// <returns>Bytes, 0 or more.</returns>
    /// <exception cref="FormatException">Not a size, or 8 EiB or more.</exception>
    public static long Parse(string text)
    {
        var upper = text.Trim().ToUpperInvariant();
        var number = upper.TrimEnd('B', 'I', 'K', 'M', 'G', 'T', 'P', 'E', ' ');
        var unit = upper[number.Length..].Trim();
        if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) || Factor(unit) is not { } factor
            || value > long.MaxValue / factor)
        {
            throw new FormatException($"'{text}' is not a size (examples: 4096, 64MiB, 10G)");
        }
        return (long)(value * factor);
    }

    /// <summary>"1.5 GiB"; exact below 1 KiB.</summary>
    public static string Format(ulong bytes)
    {
        if (bytes < 1024)
            return $"{bytes} B";
        var value = (double)bytes;
        var unit = -1;
        while (value >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }
        var digits = value < 10 ? "0.##" : value < 100 ? "0.#" : "0";
        return value.ToString(digits, CultureInfo.InvariantCulture) + $" {Units[unit]}iB";
    }

    private static decimal? Factor(string unit)
    {
        if (unit is "" or "B")
            return 1;
        var power = Units.IndexOf(unit[0], StringComparison.Ordinal);
        if (power < 0 || unit[1..] is not ("" or "B" or "IB"))
            return null;
        return 1L << (10 * (power + 1));
    }
}
