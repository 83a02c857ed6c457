using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Transactions;

/// <summary>
/// A lock of a transaction, also as it stands in a prepare record, so that a restarted node takes it again before it serves the shard:
/// <code>0 u8 LockKind   1 u64 object   9 u64 detail   17 u8 (0 or 1) shared</code>
/// </summary>
internal readonly record struct HeldLock(LockKey Key, bool Shared)
{
    public const int WireSize = 18;

    public void Write(ref WireWriter writer)
    {
        writer.U8((byte)Key.Kind);
        writer.U64(Key.Subject);
        writer.U64(Key.Detail);
        writer.Bool(Shared);
    }

    public static HeldLock Read(ref WireReader reader) =>
        new(new LockKey((LockKind)reader.U8(), reader.U64(), reader.U64()), reader.Bool());
}
