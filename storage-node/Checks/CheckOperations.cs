using SealFs.Core.Wire;
using SealFs.StorageNode.Files;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Checks;

/// <summary>The opcodes of checks: for nodes and administrators.</summary>
internal static class CheckOperations
{
    public static void Register(OperationTable table, FileData data)
    {
        const OperationKind Kind = OperationKind.Shard | OperationKind.Volume | OperationKind.Administration;
        table.Register(Opcode.ScanShard, Kind, new ShardScan(data).Handle);
        table.Register(Opcode.ScanChunks, Kind, new ChunkScan(data).Handle);
    }
}
