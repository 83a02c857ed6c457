using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Files;

/// <summary>syncfs(2), as far as it concerns this node: everything that was acknowledged for a volume, rows and bytes.</summary>
internal sealed class SyncVolumeOperation(FileData data)
{
    public void Handle(NodeRequest request)
    {
        if (!request.TryRead<EmptyMessage>(out _) || !request.ListsShards())
            return;
        request.StageReply(Errno.None);
        var epoch = data.Chunks.BeginLogSync();
        data.Node.GroupCommit.AfterSync(status =>
        {
            if (status == Errno.None)
                data.Chunks.EndLogSync(epoch);
            data.Io.Post(request, waiting => SyncedReply.Finish(waiting, status == Errno.None ? data.Chunks.SyncVolume(waiting.Volume) : status));
        });
    }
}
