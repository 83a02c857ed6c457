using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Makes a file of any kind but a directory; the mode carries the type bits. The payload is a symbolic link's target. Without Exclusive an
/// existing regular file is answered as it is. The client has resolved the set-group-id rule of the directory already. Answer: EntryReply.
/// <code>
///   0 u64 directory
///   8 u32 partition
///  12 u32 mode
///  16 u32 uid
///  20 u32 gid
///  24 u32 device number
///  28 u8 CreateFlags flags
///  29 u64 open stamp
///  37 u16 length + bytes name
/// </code>
/// </summary>
public readonly ref struct CreateRequest : IWireMessage<CreateRequest>
{
    public InodeId Directory { get; init; }

    public PartitionIndex Partition { get; init; }

    public uint Mode { get; init; }

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    public uint DeviceNumber { get; init; }

    public CreateFlags Flags { get; init; }

    public ulong OpenStamp { get; init; }

    public ReadOnlySpan<byte> Name { get; init; }

    public int Size => 39 + Name.Length;

    public void Write(ref WireWriter writer)
    {
        writer.Inode(Directory);
        writer.U32(Partition.Value);
        writer.U32(Mode);
        writer.U32(Uid);
        writer.U32(Gid);
        writer.U32(DeviceNumber);
        writer.U8((byte)Flags);
        writer.U64(OpenStamp);
        writer.Bytes16(Name);
    }

    public static bool TryRead(ref WireReader reader, out CreateRequest message)
    {
        message = new CreateRequest
        {
            Directory = reader.Inode(),
            Partition = new PartitionIndex(reader.U32()),
            Mode = reader.U32(),
            Uid = reader.U32(),
            Gid = reader.U32(),
            DeviceNumber = reader.U32(),
            Flags = (CreateFlags)reader.U8(),
            OpenStamp = reader.U64(),
            Name = reader.Bytes16(),
        };
        return reader.Complete && FileName.IsValid(message.Name);
    }
}
