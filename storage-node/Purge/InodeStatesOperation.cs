using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Files;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Purge;

/// <summary>Another node's collector asks which of its chunks belong to files that are still there, and how long those are.</summary>
internal sealed class InodeStatesOperation(FileData data)
{
    public void Handle(NodeRequest request) => data.Io.Post(request, Run);

    private static unsafe void Run(NodeRequest request)
    {
        if (!request.TryRead<InodeStatesRequest>(out var question))
            return;
        var length = question.Inodes.Length / InodeStatesRequest.InodeBytes * InodeState.WireSize;
        if (length == 0)
        {
            request.Reply(Errno.EINVAL);
            return;
        }

        var writer = new WireWriter(new Span<byte>(request.RentPayload(length), length));
        var reader = new WireReader(question.Inodes);
        while (reader.Remaining > 0)
            InodeStates.Of(request.Node, request.Volume, reader.Inode()).Write(ref writer);
        request.ReplyRented(Errno.None, default(EmptyMessage), length);
    }
}
