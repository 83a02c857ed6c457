using System.Buffers.Binary;
using Google.Protobuf;
using SealFs.Client.Mountd.V1;
using SealFs.Fuse;

namespace SealFs.Client.Mountd;

/// <summary>
/// One message with its descriptors. On the socket, little-endian:
/// <code>
///  0 u32 magic "SLM1"   4 u32 length of the envelope   8 u32 call   12 u16 flags (1: an answer)   14 u16 number of descriptors
/// 16 Envelope
/// </code>
/// The descriptors come with the header's bytes. Whoever takes a frame apart takes or closes them.
/// </summary>
internal sealed class MountdFrame(Envelope envelope, uint call, bool isAnswer, int[] descriptors) : IDisposable
{
    public const int HeaderBytes = 16;
    private const uint Magic = 0x314D_4C53;
    private const ushort AnswerFlag = 1;

    private int[] _descriptors = descriptors;

    public Envelope Envelope { get; } = envelope;

    public uint Call { get; } = call;

    public bool IsAnswer { get; } = isAnswer;

    public int DescriptorCount => _descriptors.Length;

    /// <summary>They are the caller's to close.</summary>
    public int[] TakeDescriptors()
    {
        var taken = _descriptors;
        _descriptors = [];
        return taken;
    }

    public void Dispose()
    {
        foreach (var descriptor in TakeDescriptors())
            FuseMount.Close(descriptor);
    }

    public static byte[] ToBytes(Envelope envelope, uint call, bool isAnswer, int descriptors)
    {
        var length = envelope.CalculateSize();
        var bytes = new byte[HeaderBytes + length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), call);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(12), isAnswer ? AnswerFlag : (ushort)0);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(14), (ushort)descriptors);
        envelope.WriteTo(bytes.AsSpan(HeaderBytes));
        return bytes;
    }

    /// <summary>Length of the envelope behind a header.</summary>
    /// <exception cref="InvalidDataException">It is no header.</exception>
    public static int LengthOf(ReadOnlySpan<byte> header)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != Magic)
            throw new InvalidDataException("That is not the protocol of mountd.");
        var length = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        return length <= MountdLimits.MaxBodyBytes ? (int)length : throw new InvalidDataException($"A message of {length} bytes is too long.");
    }

    /// <summary>Takes the descriptors over, also when it fails.</summary>
    /// <exception cref="InvalidDataException">The parts do not belong together.</exception>
    public static MountdFrame Parse(ReadOnlySpan<byte> header, ReadOnlySpan<byte> body, int[] descriptors)
    {
        var frame = new MountdFrame(new Envelope(), 0, false, descriptors);
        try
        {
            if (BinaryPrimitives.ReadUInt16LittleEndian(header[14..]) != descriptors.Length)
                throw new InvalidDataException($"{descriptors.Length} descriptors came with a message.");
            var flags = BinaryPrimitives.ReadUInt16LittleEndian(header[12..]);
            if ((flags & ~AnswerFlag) != 0)
                throw new InvalidDataException($"There are no flags {flags:x}.");
            var envelope = Envelope.Parser.ParseFrom(body);
            return new MountdFrame(envelope, BinaryPrimitives.ReadUInt32LittleEndian(header[8..]), flags != 0, frame.TakeDescriptors());
        }
        catch (InvalidProtocolBufferException problem)
        {
            throw new InvalidDataException("A message is damaged.", problem);
        }
        finally
        {
            frame.Dispose();
        }
    }
}
