using System.Globalization;

namespace SealFs.Testing.Kubernetes.Requests;

/// <summary>"10Gi" as a number.</summary>
public static class Quantity
{
    private static readonly (string Suffix, decimal Factor)[] s_suffixes =
    [
        ("Ki", 1024m), ("Mi", 1048576m), ("Gi", 1073741824m), ("Ti", 1099511627776m), ("Pi", 1125899906842624m),
        ("k", 1e3m), ("M", 1e6m), ("G", 1e9m), ("T", 1e12m), ("P", 1e15m), ("m", 0.001m),
    ];

    public static decimal Parse(string text)
    {
        foreach (var (suffix, factor) in s_suffixes)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal))
                return decimal.Parse(text[..^suffix.Length], CultureInfo.InvariantCulture) * factor;
        }
        return decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
    }
}
