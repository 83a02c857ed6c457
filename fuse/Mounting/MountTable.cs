using System.Globalization;
using System.Text;

namespace SealFs.Fuse.Mounting;

/// <summary>Reads /proc/self/mountinfo: "id parent major:minor root mountpoint …", with blanks and backslashes as octal escapes.</summary>
internal static class MountTable
{
    /// <summary>Minor device number of the topmost mount at a path, or null.</summary>
    public static uint? FindMinor(string path)
    {
        uint? minor = null;
        foreach (var line in File.ReadLines("/proc/self/mountinfo", Encoding.Latin1))
        {
            var words = line.Split(' ', 6);
            if (words.Length == 6 && Unescape(words[4]) == path) minor = uint.Parse(words[2].Split(':')[1], CultureInfo.InvariantCulture);
        }
        return minor;
    }

    private static string Unescape(string word)
    {
        var bytes = new List<byte>(word.Length);
        for (var i = 0; i < word.Length; i++)
        {
            if (word[i] == '\\' && i + 3 < word.Length)
            {
                bytes.Add((byte)(((word[i + 1] - '0') << 6) | ((word[i + 2] - '0') << 3) | (word[i + 3] - '0')));
                i += 3;
            }
            else
            {
                bytes.Add((byte)word[i]);
            }
        }
        return Encoding.UTF8.GetString([.. bytes]);
    }
}
