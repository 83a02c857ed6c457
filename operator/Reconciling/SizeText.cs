namespace SealFs.Operator.Reconciling;

/// <summary>Bytes with two digits or so: a status that changed with every byte would be written all the time.</summary>
internal static class SizeText
{
    private static readonly string[] s_units = ["", "Ki", "Mi", "Gi", "Ti", "Pi"];

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
