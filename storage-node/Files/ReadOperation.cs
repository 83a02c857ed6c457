using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Files;

/// <summary>
/// Reading: inline content straight from the metadata engine, chunks straight into the memory of the outgoing frame. Needs no gate. Small reads
/// end on the thread that brought them, large ones on one that may wait.
/// </summary>
internal sealed unsafe class ReadOperation
{
    private readonly FileData _data;
    private readonly Action<NodeRequest> _whereItMayWait;

    public ReadOperation(FileData data)
    {
        _data = data;
        _whereItMayWait = request => Run(request, mayWait: true);
    }

    public void Handle(NodeRequest request) => Run(request, mayWait: false);

    private void Run(NodeRequest request, bool mayWait)
    {
        if (!request.TryRead<ReadRequest>(out var read))
            return;
        var error = FileOperations.CheckRange(request, read.Inode, read.Chunk, read.OffsetBytes, read.LengthBytes, out _);
        if (error != Errno.None)
            request.Reply(error);
        else if (read.Chunk.Value != 0 || !TryReadInline(request, in read))
            ReadChunk(request, in read, mayWait);
    }

    /// <summary>False when the content is in a chunk; otherwise the request was answered.</summary>
    private static bool TryReadInline(NodeRequest request, in ReadRequest read)
    {
        // Row and content are read one after the other: when the content moved to a chunk between, the row says so the second time.
        for (var tries = 0; tries < 3; tries++)
        {
            var error = GetRow(request, read.Inode, out var row);
            if (error != Errno.None)
            {
                request.Reply(error);
                return true;
            }

            if ((row.Attributes.Flags & InodeFlags.Inline) == 0)
                return false;
            if (row.InlineLength == 0 || read.OffsetBytes >= row.InlineLength)
            {
                request.Reply(Errno.None);
                return true;
            }

            Span<byte> buffer = stackalloc byte[MetadataKey.MaxLength];
            using var content = request.Node.Engine.GetPinned(
                Table.InlineData, MetadataKey.InlineData(buffer, request.Shard.Id, request.Volume, read.Inode));
            if (!content.Found)
                continue;
            var start = (int)Math.Min(read.OffsetBytes, (uint)content.Value.Length);
            var length = Math.Min((int)read.LengthBytes, content.Value.Length - start);
            request.Reply(Errno.None, default(EmptyMessage), content.Value.Slice(start, length));
            return true;
        }

        request.Reply(Errno.Busy);
        return true;
    }

    private static Errno GetRow(NodeRequest request, InodeId inode, out InodeRow row)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> value = stackalloc byte[InodeRow.MaxBytes];
        var length = request.Node.Engine.Get(Table.Metadata, MetadataKey.Inode(key, request.Shard.Id, request.Volume, inode), value);
        row = length < 0 ? default : InodeRow.Decode(value[..length]);
        if (length < 0)
            return Errno.ENOENT;
        return row.IsDirectory ? Errno.EISDIR : row.Attributes.IsRegular ? Errno.None : Errno.EINVAL;
    }

    private void ReadChunk(NodeRequest request, in ReadRequest read, bool mayWait)
    {
        if (!mayWait && read.LengthBytes > ChunkLimits.InPlaceBytes)
        {
            _data.Io.Post(request, _whereItMayWait);
            return;
        }

        var chunk = _data.Chunks.Acquire(new ChunkKey(request.Shard.Id, request.Volume, read.Inode, read.Chunk));
        if (mayWait)
        {
            chunk.Enter();
        }
        else if (!chunk.TryEnter())
        {
            _data.Chunks.Release(chunk);
            _data.Io.Post(request, _whereItMayWait);
            return;
        }

        Errno error;
        uint length;
        try
        {
            error = Fill(request, chunk, in read, mayWait, out length);
        }
        finally
        {
            _data.Chunks.ExitAndRelease(chunk);
        }

        if (error == Errno.EAGAIN)
            _data.Io.Post(request, _whereItMayWait);
        else if (error != Errno.None || length == 0)
            request.Reply(error);
        else
            request.ReplyRented(Errno.None, default(EmptyMessage), (int)length);
    }

    private static Errno Fill(NodeRequest request, Chunk chunk, in ReadRequest read, bool mayWait, out uint length)
    {
        length = 0;
        if (!mayWait && !chunk.IsLoaded)
            return Errno.EAGAIN;
        var error = chunk.EnsureLoaded();
        var end = Math.Min(chunk.Length, read.OffsetBytes + read.LengthBytes);
        if (error != Errno.None || read.OffsetBytes >= end)
            return error;
        var from = Chunk.AlignDown(read.OffsetBytes);
        var bytes = Chunk.AlignUp(end) - from;
        var target = request.RentPayload((int)bytes);
        error = chunk.Read(from, target, bytes, mayWait);
        if (error != Errno.None)
            return error;
        length = end - read.OffsetBytes;
        if (from != read.OffsetBytes)
            Buffer.MemoryCopy(target + (read.OffsetBytes - from), target, bytes, length);
        return Errno.None;
    }
}
