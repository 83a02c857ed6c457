namespace SealFs.Cli.Cluster;

/// <summary>Values of the control plane as words: "copying", "share".</summary>
internal static class EnumText
{
    public static string Of<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
