using System.Globalization;
using System.Text;

namespace SealFs.CsiDriver.Node;

/// <summary>One line of /proc/self/mountinfo: the truth about what is mounted. Reading it touches no mount.</summary>
/// <param name="Device">"major:minor"; the same for a mount and its bind mounts.</param>
/// <param name="Path">Where.</param>
/// <param name="IsReadOnly">This mount, whatever the file system says.</param>
/// <param name="Type">"fuse.sealfs".</param>
/// <param name="Source">The volume's name.</param>
internal sealed record MountEntry(string Device, string Path, bool IsReadOnly, string Type, string Source)
{
    public const string SealFsType = "fuse.sealfs";

    public bool IsSealFs => Type == SealFsType;

    /// <summary>The N of /sys/fs/fuse/connections/N.</summary>
    public uint ConnectionId => uint.Parse(Device[(Device.IndexOf(':', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture);

    /// <summary>In the order of mounting.</summary>
    public static IReadOnlyList<MountEntry> ReadAll() => [.. File.ReadLines("/proc/self/mountinfo").Select(Parse).OfType<MountEntry>()];

    /// <summary>The topmost mount on exactly this path, or null.</summary>
    public static MountEntry? At(string path) => ReadAll().LastOrDefault(entry => entry.Path == path);

    /// <summary>"id parent major:minor root path options [fields…] - type source options"; null for a line of another form.</summary>
    public static MountEntry? Parse(string line)
    {
        var words = line.Split(' ');
        var separator = Array.IndexOf(words, "-", Math.Min(6, words.Length));
        return separator < 0 || separator + 2 >= words.Length
            ? null
            : new MountEntry(words[2], Unescape(words[4]), words[5].Split(',').Contains("ro"), words[separator + 1], Unescape(words[separator + 2]));
    }

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
