using SealFs.Core;
using SealFs.Core.Wire;
using SealFs.StorageNode.Names;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Transactions.Steps;

/// <summary>
/// A batch of entries for a partition that is being made. They are written while preparing, where nobody looks before the decision, and forgotten by the
/// step: its record and its answer have none.
/// <code>0 u64 directory   … u64 inode, u32 mode, u16 length + bytes name; for each</code>
/// </summary>
internal sealed class ReceiveEntriesStep : TransactionStep
{
    private readonly List<(DentryRow Row, byte[] Name)> _entries = [];
    private int _bytes;

    public required InodeId Directory { get; init; }

    public int Count => _entries.Count;

    public override StepKind Kind => StepKind.ReceiveEntries;

    public override int Size => 8 + _bytes;

    public void Add(DentryRow row, ReadOnlySpan<byte> name)
    {
        _entries.Add((row, name.ToArray()));
        _bytes += 14 + name.Length;
    }

    public override Errno Prepare(StepScope scope)
    {
        foreach (var (row, name) in _entries)
            scope.Mutation.PutDentry(Directory, name, row);
        _entries.Clear();
        _bytes = 0;
        return Errno.None;
    }

    public override void Apply(Mutation mutation)
    {
    }

    public override void Write(ref WireWriter writer)
    {
        writer.Inode(Directory);
        foreach (var (row, name) in _entries)
        {
            writer.Inode(row.Inode);
            writer.U32(row.Mode);
            writer.Bytes16(name);
        }
    }

    public static ReceiveEntriesStep Read(ref WireReader reader)
    {
        var step = new ReceiveEntriesStep { Directory = reader.Inode() };
        while (reader.Remaining > 0)
        {
            var row = new DentryRow(reader.Inode(), reader.U32());
            step.Add(row, reader.Bytes16());
        }

        return step;
    }
}
