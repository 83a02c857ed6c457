using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Inodes;

namespace SealFs.StorageNode.Shards;

/// <summary>
/// The cache of directory rows. It shows what is committed: a row is forgotten when a change of it is staged, which costs no more than a read when the mutation
/// does not commit, and the directory staged last is kept again by the commit.
/// </summary>
public sealed partial class Mutation
{
    private const int KindAt = MetadataKey.PrefixLength;

    private readonly DirectoryRowCache _directories = new();
    private InodeRow _stagedDirectory;
    private bool _hasStagedDirectory;

    private void StageDirectory(in InodeRow row)
    {
        _directories.Forget(row.Id);
        _stagedDirectory = row;
        _hasStagedDirectory = true;
    }

    private void KeepStagedDirectory()
    {
        _hasStagedDirectory = false;

        // It may have been deleted, or put again by its key, after it was staged: the batch has the last word.
        if (_batch.Count != 0 && TryGetStaged(_stagedDirectory.Id, out var row))
            _directories.Keep(Volume, in row);
    }

    private bool TryGetStaged(Core.InodeId inode, out InodeRow row)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        row = default;
        if (!_batch.TryFind(Table.Metadata, MetadataKey.Inode(key, _shard.Id, Volume, inode), out var found, out var value) || !found)
            return false;
        row = InodeRow.Decode(value);
        return true;
    }

    /// <summary>For changes by key instead of by row.</summary>
    private void ForgetDirectory(Table table, ReadOnlySpan<byte> key)
    {
        if (table == Table.Metadata && key.Length >= KindAt + 9 && key[KindAt] == (byte)'I')
            _directories.Forget(MetadataKey.InodeOf(key));
    }
}
