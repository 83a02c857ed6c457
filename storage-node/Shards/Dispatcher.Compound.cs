using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using SealFs.StorageNode.Sessions;

namespace SealFs.StorageNode.Shards;

/// <summary>Every part of a compound is judged as a lone request would be, before the first is done.</summary>
public sealed partial class Dispatcher
{
    /// <summary>False when a part is refused: the compound was answered.</summary>
    private bool JudgeParts(IRequestSource source, Session session)
    {
        ref readonly var header = ref source.Header;
        var parts = new CompoundReader(source.Body);
        for (var index = 0u; parts.MoveNext(); index++)
        {
            var operation = node.Operations.Find(parts.Opcode)!;
            var verdict = Judge(in header, session, operation, out _);
            if (verdict == Errno.None && !operation.MayBePart)
                verdict = Errno.EINVAL;
            if (verdict == Errno.None)
                continue;
            node.Metrics.Refused(header.Opcode, verdict);
            Refuse(source, verdict, index);
            return false;
        }

        return true;
    }

    private static void Refuse(IRequestSource source, Errno verdict, uint index)
    {
        Span<byte> body = stackalloc byte[sizeof(uint)];
        var writer = new WireWriter(body);
        new CompoundFailure { Index = index }.Write(ref writer);
        source.Reply(verdict, body, default);
    }
}
