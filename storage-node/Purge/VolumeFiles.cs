using SealFs.Core;
using SealFs.StorageNode.Files;

namespace SealFs.StorageNode.Purge;

/// <summary>The chunk files of deleted volumes: removed shard by shard, slowly, and from the start again when it was interrupted.</summary>
internal static class VolumeFiles
{
    /// <exception cref="IOException">The data disk does not let go of a file.</exception>
    /// <exception cref="OperationCanceledException">The node stops.</exception>
    public static async Task RemoveAsync(FileData data, VolumeId volume, CancellationToken cancellation)
    {
        for (var shard = 0u; shard < data.Node.ShardCount; shard++)
        {
            data.Chunks.Forget(new ShardId(shard), volume);
            while (RemoveSome(data, volume, new ShardId(shard)))
                await Task.Delay(TimeSpan.FromMilliseconds(PurgeLimits.VolumePauseMs), data.Node.Time, cancellation);
        }
    }

    /// <summary>False when nothing is left.</summary>
    private static bool RemoveSome(FileData data, VolumeId volume, ShardId shard)
    {
        var error = data.Store.RemoveSome(volume, shard, PurgeLimits.VolumeStep, out var removed);
        if (error != Errno.None)
            throw new IOException($"The chunk files of volume {volume} in shard {shard} cannot be removed: {error}.");
        return removed == PurgeLimits.VolumeStep;
    }
}
