using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Answer to Lookup, Create, Mkdir and Link. When the inode lives in another shard (a directory, a file that was moved or linked), only
/// inode and type bits are set and <see cref="Complete"/> is false: the client asks the inode's own shard. The directory's attributes after the
/// mutation come along, so that the client can answer the kernel's next GETATTR of it; and a <see cref="NameLease"/> of the directory, when one was given.
/// <code>
/// 0 u8 (0 or 1) complete   1 u8 (0 or 1) has directory   2 u8 (0 or 1) existed before   3 u8 lease: 0 none, 1 one, 2 one of a directory that was empty   4 88 bytes attributes
/// … 88 bytes attributes of the directory, when it has them   … u64 number of the lease, when there is one
/// </code>
/// </summary>
public readonly record struct EntryReply(bool Complete, bool Existed, InodeAttributes Attributes, bool HasDirectory, InodeAttributes Directory, NameLease Lease = default)
    : IWireMessage<EntryReply>
{
    public int Size => 4 + InodeAttributes.WireSize + (HasDirectory ? InodeAttributes.WireSize : 0) + (Lease.IsNone ? 0 : sizeof(ulong));

    public void Write(ref WireWriter writer)
    {
        writer.Bool(Complete);
        writer.Bool(HasDirectory);
        writer.Bool(Existed);
        writer.U8((byte)(Lease.IsNone ? 0 : Lease.WasEmpty ? 2 : 1));
        Attributes.Write(ref writer);
        if (HasDirectory)
            Directory.Write(ref writer);
        if (!Lease.IsNone)
            writer.U64(Lease.Id);
    }

    public static bool TryRead(ref WireReader reader, out EntryReply message)
    {
        var complete = reader.Bool();
        var hasDirectory = reader.Bool();
        var existed = reader.Bool();
        var lease = reader.U8();
        var attributes = InodeAttributes.Read(ref reader);
        var directory = hasDirectory ? InodeAttributes.Read(ref reader) : default;
        message = new EntryReply(complete, existed, attributes, hasDirectory, directory, lease == 0 ? default : new NameLease(reader.U64(), lease == 2));
        return reader.Complete && lease <= 2 && message.Lease.IsNone == (lease == 0);
    }
}
