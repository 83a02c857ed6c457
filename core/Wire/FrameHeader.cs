using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace SealFs.Core.Wire;

[Flags]
public enum FrameFlags : byte
{
    None = 0,
    Response = 1,

    /// <summary>This request may have been executed before: the server looks into its memory of answers first.</summary>
    Resent = 2,

    /// <summary>The body holds several operations on one shard, executed in order as one mutation.</summary>
    Compound = 4,

    /// <summary>No answer is wanted.</summary>
    OneWay = 8,
}

/// <summary>
/// The fixed head of every frame, little-endian, 64 bytes; body and payload follow.
/// <code>
///  0 u32 length       whole frame, this header included
///  4 u8  version      1
///  5 u8  flags        FrameFlags
///  6 u16 opcode
///  8 u64 request id   chosen by the sender of the request, unique on its connection, repeated in the answer
/// 16 u64 session
/// 24 u64 sequence     requests: (session, sequence) identifies a mutation, 0 for requests that change nothing; answers: the write verifier of the shard, 0 when the request was addressed to none
/// 32 u32 shard
/// 36 u32 epoch
/// 40 u32 body length
/// 44 u32 payload length
/// 48 i32 status       answers: Errno; requests: slot of the answer memory (low 16 bits), generation of the client's worker (high 16 bits)
/// 52 u32 time-out     ms, requests only; 0 for none
/// 56 u32 volume
/// 60 u32 reserved     zero
/// </code>
/// </summary>
public struct FrameHeader
{
    public const int Size = 64;

    /// <summary>
    /// Raised with every change of a frame or of a message: the two sides must be of one version. 2: answers that carry an entry may carry a lease of names, and a
    /// participant of a transaction is told whose request it is. 3: answers carry the write verifier of the shard, and SyncVolume. 4: answers to writes tell
    /// of cuts and of records that are not on stable storage, commits tell the cuts, and Fsync can be for the log alone.
    /// </summary>
    public const byte CurrentVersion = 4;

    public uint Length;
    public byte Version;
    public FrameFlags Flags;
    public Opcode Opcode;
    public ulong RequestId;
    public SessionId Session;
    public Sequence Sequence;
    public ShardId Shard;
    public Epoch Epoch;
    public uint BodyLength;
    public uint PayloadLength;
    public int StatusOrSlot;
    public uint TimeoutMs;
    public VolumeId Volume;
    public uint Reserved;

    public readonly Errno Status => (Errno)StatusOrSlot;

    /// <summary>Of an answer.</summary>
    public readonly WriteVerifier Verifier => new(Sequence.Value);

    public readonly ushort Slot => (ushort)StatusOrSlot;

    public readonly ushort Generation => (ushort)(StatusOrSlot >> 16);

    public readonly bool IsResponse => (Flags & FrameFlags.Response) != 0;

    public readonly void Write(Span<byte> target)
    {
        _ = target[Size - 1];
        BinaryPrimitives.WriteUInt32LittleEndian(target, Length);
        target[4] = Version;
        target[5] = (byte)Flags;
        BinaryPrimitives.WriteUInt16LittleEndian(target[6..], (ushort)Opcode);
        BinaryPrimitives.WriteUInt64LittleEndian(target[8..], RequestId);
        BinaryPrimitives.WriteUInt64LittleEndian(target[16..], Session.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(target[24..], Sequence.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(target[32..], Shard.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(target[36..], Epoch.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(target[40..], BodyLength);
        BinaryPrimitives.WriteUInt32LittleEndian(target[44..], PayloadLength);
        BinaryPrimitives.WriteInt32LittleEndian(target[48..], StatusOrSlot);
        BinaryPrimitives.WriteUInt32LittleEndian(target[52..], TimeoutMs);
        BinaryPrimitives.WriteUInt32LittleEndian(target[56..], Volume.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(target[60..], Reserved);
    }

    /// <summary>Decodes without judging: limits and versions are checked by the frame parser.</summary>
    [SkipLocalsInit]
    public static FrameHeader Read(ReadOnlySpan<byte> source)
    {
        _ = source[Size - 1];
        return new FrameHeader
        {
            Length = BinaryPrimitives.ReadUInt32LittleEndian(source),
            Version = source[4],
            Flags = (FrameFlags)source[5],
            Opcode = (Opcode)BinaryPrimitives.ReadUInt16LittleEndian(source[6..]),
            RequestId = BinaryPrimitives.ReadUInt64LittleEndian(source[8..]),
            Session = new(BinaryPrimitives.ReadUInt64LittleEndian(source[16..])),
            Sequence = new(BinaryPrimitives.ReadUInt64LittleEndian(source[24..])),
            Shard = new(BinaryPrimitives.ReadUInt32LittleEndian(source[32..])),
            Epoch = new(BinaryPrimitives.ReadUInt32LittleEndian(source[36..])),
            BodyLength = BinaryPrimitives.ReadUInt32LittleEndian(source[40..]),
            PayloadLength = BinaryPrimitives.ReadUInt32LittleEndian(source[44..]),
            StatusOrSlot = BinaryPrimitives.ReadInt32LittleEndian(source[48..]),
            TimeoutMs = BinaryPrimitives.ReadUInt32LittleEndian(source[52..]),
            Volume = new(BinaryPrimitives.ReadUInt32LittleEndian(source[56..])),
            Reserved = BinaryPrimitives.ReadUInt32LittleEndian(source[60..]),
        };
    }
}
