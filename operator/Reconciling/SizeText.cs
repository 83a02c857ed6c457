using k8s.Models;

namespace SealFs.Operator.Reconciling;

/// <summary>Bytes with two digits or so: a status that changed with every byte would be written all the time.</summary>
internal static class SizeText
{
    private static readonly string[] s_units = ["", "Ki", "Mi", "Gi", "Ti", "Pi"];

    /// <summary>
    /// What was said before, as long as that is true to a tenth of the value and a hundredth of the capacity: disks are never quite at rest, and a status that followed
    /// them would be written at every look.
    /// </summary>
    public static string Steady(string? before, decimal bytes, decimal capacity)
    {
        if (!TryParse(before, out var said))
            return Of(bytes);
        var difference = Math.Abs(said - bytes);
        return difference * 10 <= bytes && difference * 100 <= capacity ? before! : Of(bytes);
    }

    private static bool TryParse(string? text, out decimal bytes)
    {
        try
        {
            bytes = text is null ? 0 : new ResourceQuantity(text).ToDecimal();
            return text is not null;
        }
        catch (FormatException)
        {
            bytes = 0;
            return false;
        }
    }

    public static string Of(decimal bytes)
    {
        var unit = 0;
        while (bytes >= 1024 && unit < s_units.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }
        return bytes < 10 ? $"{Math.Round(bytes, 1):0.#}{s_units[unit]}" : $"{Math.Round(bytes):0}{s_units[unit]}";
    }
}
