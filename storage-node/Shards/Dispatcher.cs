using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Sessions;

namespace SealFs.StorageNode.Shards;

/// <summary>
/// From a frame to its handler: checks who asks, whether this node serves the shard in that epoch, and whether the operation may be done; then runs the
/// handler on the thread that brought the frame.
/// </summary>
public sealed partial class Dispatcher(NodeContext node, ILogger<Dispatcher> logger)
{
    private readonly LogRate _malformedRate = new(node.Time);

    /// <summary>Takes over a request. It is answered exactly once, on this thread or later on another.</summary>
    public void Dispatch(IRequestSource source, Session session)
    {
        ref readonly var header = ref source.Header;
        var isCompound = (header.Flags & FrameFlags.Compound) != 0;
        var operation = isCompound ? CompoundOperation.Find(node.Operations, in header, source.Body) : node.Operations.Find(header.Opcode);
        var verdict = Judge(in header, session, operation, out var shard);
        if (isCompound && verdict == Errno.None && !JudgeParts(source, session))
            return;
        if (verdict != Errno.None)
        {
            if (verdict == Errno.Malformed && _malformedRate.Permits())
                LogMalformed(header.Opcode, session.Id, source.Body.Length);
            node.Metrics.Refused(header.Opcode, verdict);
            if (verdict == Errno.WrongEpoch)
                RefuseWithHint(source);
            else
                source.Reply(verdict, default, default);
            return;
        }

        var request = node.Requests.Rent();
        request.Bind(source, session, operation!, shard);
        if (operation!.IsGated)
            request.RunGated();
        else
            request.RunUngated();
    }

    /// <summary>A parked request may go on.</summary>
    internal void RunAgain(NodeRequest request)
    {
        if (request.IsAnswered)
            node.CountLateReply();
        else if (request.Operation.IsGated)
            request.RunGated();
        else
            request.RunUngated();
    }

    /// <summary>A handler has failed. Which request it was is not known any more when that was answered before.</summary>
    internal void LogFailure(NodeRequest request, int life, Exception exception)
    {
        var operation = request.Operation;
        if (request.Life == life)
            LogHandlerFailed(exception, operation.Opcode, request.SessionId);
        else
            node.BackgroundFailed("What follows an answer", exception);
    }

    private Errno Judge(in FrameHeader header, Session session, Operation? operation, out Shard? shard)
    {
        shard = null;
        if (operation is null)
            return Errno.Malformed;
        if (node.Failure is not null)
            return Errno.EIO;
        if (session.Ended)
            return Errno.SessionRefused;
        if (session.Role != PeerRole.Node && !IsOwn(in header, session, operation))
            return Errno.SessionRefused;
        if (operation.IsMutation && session.ReadOnly)
            return Errno.EROFS;
        if (operation.NeedsVolume && header.Volume.Value == 0)
            return Errno.EINVAL;
        if (!operation.IsShard)
            return Errno.None;
        shard = operation.ForLearner ? node.Shards.FindForLearner(header.Shard, header.Epoch) : node.Shards.Find(header.Shard, header.Epoch);
        return shard is null ? Errno.WrongEpoch : Errno.None;
    }

    private void RefuseWithHint(IRequestSource source)
    {
        Span<byte> body = stackalloc byte[8];
        var writer = new WireWriter(body);
        if (node.TryHint(source.Header.Shard, source.Header.Epoch, out var hint))
            hint.Write(ref writer);
        source.Reply(Errno.WrongEpoch, body[..writer.Position], default);
    }

    /// <summary>Clients and administrators act for their own session and, unless their token is a node's, in its volume alone.</summary>
    private static bool IsOwn(in FrameHeader header, Session session, Operation operation) =>
        header.Session == session.Id
        && !operation.NodesOnly
        && (session.Role == PeerRole.Admin || !operation.IsAdministration)
        && (!operation.NeedsVolume || session.Volume.Value == 0 || header.Volume == session.Volume);
}
