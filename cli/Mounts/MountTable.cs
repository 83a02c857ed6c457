using System.Text;

namespace SealFs.Cli.Mounts;

/// <summary>A line of /proc/self/mounts.</summary>
/// <param name="Source">First column; of SealFS "sealfs".</param>
/// <param name="Directory">Absolute.</param>
/// <param name="Type">"ext4", "fuse.sealfs".</param>
internal sealed record MountTable(string Source, string Directory, string Type)
{
    public const string SealFsType = "fuse.sealfs";

    /// <summary>In the order of mounting: the last line for a directory is the one on top.</summary>
    public static IReadOnlyList<MountTable> Read() =>
        [.. File.ReadLines("/proc/self/mounts").Select(line => line.Split(' ')).Select(columns => new MountTable(Unescape(columns[0]), Unescape(columns[1]), columns[2]))];

    /// <summary>The mount on exactly this directory, or null.</summary>
    public static MountTable? At(string directory) => Read().LastOrDefault(mount => mount.Directory == directory);

    public bool Covers(string path) => Directory == "/" || path == Directory || path.StartsWith(Directory + "/", StringComparison.Ordinal);

    /// <summary>The kernel writes blank, tab, newline and backslash as three octal digits.</summary>
    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;
        var result = new StringBuilder();
        for (var index = 0; index < text.Length; index++)
        {
            if (text[index] == '\\' && index + 3 < text.Length)
            {
                result.Append((char)Convert.ToInt32(text.Substring(index + 1, 3), 8));
                index += 3;
            }
            else
            {
                result.Append(text[index]);
            }
        }
        return result.ToString();
    }
}
