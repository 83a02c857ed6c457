using SealFs.Core.Wire;

namespace SealFs.StorageNode.Transactions.Steps;

/// <summary>
/// Steps as bytes, in prepare requests, their answers and prepare records:
/// <code>u16 kind   u16 length   length bytes, as the step's doc comment says     … again for each step</code>
/// </summary>
internal static class StepCodec
{
    private const int HeadBytes = 4;

    public static int SizeOf(IReadOnlyList<TransactionStep> steps)
    {
        var size = 0;
        for (var index = 0; index < steps.Count; index++)
            size += HeadBytes + steps[index].Size;
        return size;
    }

    public static void Write(IReadOnlyList<TransactionStep> steps, ref WireWriter writer)
    {
        for (var index = 0; index < steps.Count; index++)
        {
            writer.U16((ushort)steps[index].Kind);
            writer.U16(checked((ushort)steps[index].Size));
            steps[index].Write(ref writer);
        }
    }

    public static byte[] ToBytes(IReadOnlyList<TransactionStep> steps)
    {
        var bytes = new byte[SizeOf(steps)];
        var writer = new WireWriter(bytes);
        Write(steps, ref writer);
        return bytes;
    }

    /// <summary>False when the bytes are malformed or name a kind that this version does not know.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, List<TransactionStep> steps)
    {
        var reader = new WireReader(bytes);
        while (reader.Remaining > 0)
        {
            var kind = (StepKind)reader.U16();
            var body = new WireReader(reader.Bytes16());
            var step = Read(kind, ref body);
            if (step is null || reader.Failed || !body.Complete || steps.Count == Limits.StepsPerShard)
                return false;
            steps.Add(step);
        }

        return true;
    }

    private static TransactionStep? Read(StepKind kind, ref WireReader reader) => kind switch
    {
        StepKind.CreateDirectory => CreateDirectoryStep.Read(ref reader),
        StepKind.RemoveDirectory => RemoveDirectoryStep.Read(ref reader),
        StepKind.FreezePartition => FreezePartitionStep.Read(ref reader),
        StepKind.DropLink => DropLinkStep.Read(ref reader),
        StepKind.AddLink => AddLinkStep.Read(ref reader),
        StepKind.PutEntry => PutEntryStep.Read(ref reader),
        StepKind.RemoveEntry => RemoveEntryStep.Read(ref reader),
        StepKind.SetParent => SetParentStep.Read(ref reader),
        StepKind.TouchInode => TouchInodeStep.Read(ref reader),
        StepKind.TakeRenameLock => TakeRenameLockStep.Read(ref reader),
        StepKind.ReceiveEntries => ReceiveEntriesStep.Read(ref reader),
        StepKind.ListPartition => ListPartitionStep.Read(ref reader),
        StepKind.NarrowPartition => NarrowPartitionStep.Read(ref reader),
        StepKind.ReceivePartition => ReceivePartitionStep.Read(ref reader),
        _ => null,
    };
}
