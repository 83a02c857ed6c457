using System.Buffers.Binary;
using System.Security.Cryptography;

namespace SealFs.Core.Tokens;

/// <summary>SHA-256 of a public key (SubjectPublicKeyInfo).</summary>
public readonly record struct KeyThumbprint
{
    public const int SizeBytes = SHA256.HashSizeInBytes;

    private readonly UInt128 _first;
    private readonly UInt128 _last;

    public KeyThumbprint(ReadOnlySpan<byte> bytes)
    {
        _first = BinaryPrimitives.ReadUInt128LittleEndian(bytes);
        _last = BinaryPrimitives.ReadUInt128LittleEndian(bytes[16..]);
    }

    /// <summary>No key.</summary>
    public static KeyThumbprint None => default;

    public static KeyThumbprint Of(ReadOnlySpan<byte> publicKey)
    {
        Span<byte> hash = stackalloc byte[SizeBytes];
        SHA256.HashData(publicKey, hash);
        return new KeyThumbprint(hash);
    }

    public void Write(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt128LittleEndian(target, _first);
        BinaryPrimitives.WriteUInt128LittleEndian(target[16..], _last);
    }
}
