using System.Security.Cryptography;
using System.Text;

namespace SealFs.CsiDriver;

/// <summary>
/// The orchestrator's name of a volume → the name at the manager. Different names stay different: one that is a volume name already is kept ("pvc-6f1c…" always
/// is), another becomes "x--" and its bytes in base 32, and where that is too long "h--" and a SHA-256 of it.
/// </summary>
internal static class VolumeName
{
    private const string EncodedPrefix = "x--";
    private const string HashedPrefix = "h--";
    private const string Digits = "0123456789abcdefghijklmnopqrstuv";

    /// <param name="name">Any text without control characters, up to 128 bytes.</param>
    /// <param name="maxBytes">Room for the name in a volume's handle; at least 60.</param>
    public static string Of(string name, int maxBytes = CsiLimits.MaxTextBytes)
    {
        if (name.Length <= maxBytes && IsPlain(name) && !name.StartsWith(EncodedPrefix, StringComparison.Ordinal) && !name.StartsWith(HashedPrefix, StringComparison.Ordinal))
            return name;
        var bytes = Encoding.UTF8.GetBytes(name);
        var encoded = EncodedPrefix + Base32(bytes);
        return encoded.Length <= maxBytes ? encoded : HashedPrefix + Base32(SHA256.HashData(bytes));
    }

    /// <summary>Why the interface forbids the name, or null.</summary>
    public static string? WhyRefused(string name)
    {
        if (name.Length == 0)
            return "The volume needs a name.";
        if (Encoding.UTF8.GetByteCount(name) > CsiLimits.MaxTextBytes)
            return $"A volume name has at most {CsiLimits.MaxTextBytes} bytes.";
        return name.Any(letter => char.IsControl(letter) && letter is not ('\t' or '\n' or '\r')) ? "A volume name has no control characters." : null;
    }

    /// <summary>A name as managers take it: parts of lower-case letters, digits and '-', with dots between them.</summary>
    public static bool IsPlain(string name) =>
        name.Length is > 0 and <= CsiLimits.MaxTextBytes && name.Split('.').All(part =>
            part.Length > 0 && part[0] != '-' && part[^1] != '-' && part.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-'));

    private static string Base32(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        int bits = 0, held = 0;
        foreach (var value in bytes)
        {
            held = (held << 8) | value;
            for (bits += 8; bits >= 5; bits -= 5)
                text.Append(Digits[(held >> (bits - 5)) & 31]);
            held &= (1 << bits) - 1;
        }
        if (bits > 0)
            text.Append(Digits[(held << (5 - bits)) & 31]);
        return text.ToString();
    }
}
