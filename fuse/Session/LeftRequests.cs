using SealFs.Fuse.Abi;
using SealFs.Fuse.Transport;

namespace SealFs.Fuse.Session;

/// <summary>
/// What a dead predecessor had read and not answered, found in memory that it shared: what FUSE_NOTIFY_RESEND does in the kernel from Linux 6.9 on.
/// </summary>
/// <remarks>
/// The memory is full of messages, and most were answered long ago. The kernel knows which still wait, and tells when it is answered as if to a FUSE_INTERRUPT of the request
/// (its number with bit 0 set): ENOENT says that nobody waits for this one on this descriptor. EAGAIN as that answer leaves the request alone, and has the kernel send the interrupt again
/// if there was one, which the predecessor took with it; EINVAL says that there was none.
/// </remarks>
internal sealed unsafe class LeftRequests(RequestPool requests, BufferPool buffers, IFuseTransport transport)
{
    /// <summary>Gives each worker what it has to handle first, and returns the number of all.</summary>
    public int TakeUp(FuseWorker[] workers)
    {
        var inBuffers = FindInBuffers();
        var inSlots = FindInSlots(inBuffers);

        // Those with a large buffer first: with their answers, buffers for the replies of others become free.
        foreach (var (_, (buffer, way)) in inBuffers)
            HandOver(workers, requests.TryTake()!, way, (byte*)buffer);
        foreach (var (request, way) in inSlots)
            HandOver(workers, request, way, null);
        return inBuffers.Count + inSlots.Count;
    }

    /// <summary>Messages too large for a slot, and small ones that were not or not completely copied into theirs when the predecessor died.</summary>
    private Dictionary<ulong, (nint Buffer, int Way)> FindInBuffers()
    {
        var found = new Dictionary<ulong, (nint, int)>();
        foreach (var buffer in buffers.Restore())
        {
            var header = (fuse_in_header*)buffer;
            if (WayOf(header, buffers.BufferBytes) is not { } way) continue;
            buffers.Claim((byte*)buffer);
            found.Add(header->unique, (buffer, way));
        }
        return found;
    }

    private List<(FuseRequest Request, int Way)> FindInSlots(Dictionary<ulong, (nint Buffer, int Way)> inBuffers)
    {
        var found = new List<(FuseRequest, int)>();
        foreach (var request in requests.Restore())
        {
            if (inBuffers.ContainsKey(request.Left->unique) || WayOf(request.Left, Limits.InlineMessageBytes) is not { } way) continue;
            requests.Claim(request);
            found.Add((request, way));
        }
        return found;
    }

    private void HandOver(FuseWorker[] workers, FuseRequest request, int way, byte* buffer)
    {
        var worker = workers[way % workers.Length];
        request.TakeUp(worker, buffer);
        transport.Route(request, way);
        worker.Left.Enqueue(request);
    }

    /// <summary>By which way the answer of a message is awaited; null when it is not, or this is no message that has one.</summary>
    private int? WayOf(fuse_in_header* header, int capacityBytes)
    {
        if (!HasReply(header->opcode) || header->unique == 0 || header->len < sizeof(fuse_in_header) || header->len > capacityBytes) return null;
        var question = new fuse_out_header
        {
            len = (uint)sizeof(fuse_out_header),
            error = -FuseErrno.EAGAIN,
            unique = header->unique | FuseProtocol.FUSE_INT_REQ_BIT,
        };
        for (var way = 0; way < transport.Ways; way++)
        {
            if (transport.Send(way, (byte*)&question, sizeof(fuse_out_header)) is 0 or FuseErrno.EINVAL) return way;
        }
        return null;
    }

    /// <summary>A reply that lies in a buffer has 0 or a negated errno where a message has its operation.</summary>
    private static bool HasReply(FuseOpcode opcode) => (int)opcode > 0
        && opcode is not (FuseOpcode.FUSE_FORGET or FuseOpcode.FUSE_BATCH_FORGET or FuseOpcode.FUSE_INTERRUPT or FuseOpcode.FUSE_NOTIFY_REPLY);
}
