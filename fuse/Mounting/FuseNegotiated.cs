using System.Buffers.Binary;
using SealFs.Fuse.Abi;

namespace SealFs.Fuse;

/// <summary>
/// The outcome of FUSE_INIT. It comes once in the life of a mount, so a keeper stores it (<see cref="ToBytes"/>) and gives it to every daemon it starts.
/// </summary>
public sealed record FuseNegotiated
{
    private const byte FormatVersion = 1;
    private const int FormatBytes = 36;

    /// <summary>Minor version of the protocol that both sides speak.</summary>
    public required uint Minor { get; init; }

    /// <summary>Capabilities that both sides have.</summary>
    public required FuseInitFlags Flags { get; init; }

    /// <summary>Capabilities of the kernel, also those that were not asked for.</summary>
    public required FuseInitFlags KernelFlags { get; init; }

    /// <summary>Largest WRITE and READ in bytes.</summary>
    public required int MaxTransferBytes { get; init; }

    public required int MaxReadaheadBytes { get; init; }

    public required uint TimeGranularityNs { get; init; }

    /// <summary>Room a read needs: the largest message.</summary>
    public int ReadBufferBytes => Math.Max(FuseProtocol.FUSE_MIN_READ_BUFFER, MaxTransferBytes + FuseProtocol.FUSE_BUFFER_HEADER_SIZE);

    public bool Has(FuseInitFlags flags) => (Flags & flags) == flags;

    /// <summary>For another process: version byte 1, three bytes 0, then minor, flags, kernel flags, transfer, read-ahead and granularity, little-endian.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[FormatBytes];
        bytes[0] = FormatVersion;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), Minor);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), (ulong)Flags);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), (ulong)KernelFlags);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(24), MaxTransferBytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(28), MaxReadaheadBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(32), TimeGranularityNs);
        return bytes;
    }

    /// <exception cref="InvalidDataException">The bytes are not of <see cref="ToBytes"/>.</exception>
    public static FuseNegotiated FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != FormatBytes || bytes[0] != FormatVersion) throw new InvalidDataException("not the outcome of a FUSE handshake");
        return new FuseNegotiated
        {
            Minor = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
            Flags = (FuseInitFlags)BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
            KernelFlags = (FuseInitFlags)BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
            MaxTransferBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes[24..]),
            MaxReadaheadBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes[28..]),
            TimeGranularityNs = BinaryPrimitives.ReadUInt32LittleEndian(bytes[32..]),
        };
    }
}
