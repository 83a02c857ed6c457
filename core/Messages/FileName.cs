namespace SealFs.Core.Messages;

/// <summary>What may be a name in a directory: 1 to 255 bytes, no slash, no NUL, not "." or "..". Any other byte is allowed.</summary>
public static class FileName
{
    public const int MaxLength = 255;

    public static bool IsValid(ReadOnlySpan<byte> name) =>
        name.Length is > 0 and <= MaxLength && name.IndexOfAny((byte)'/', (byte)0) < 0 && !name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8);
}
