using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;

namespace SealFs.StorageNode.Shards;

/// <summary>
/// Several operations on one shard as one mutation: all or nothing, in one batch with one effect sequence and one remembered answer. To the dispatcher it is an
/// operation like any other, gated, and remembered when a part of it changes something.
/// </summary>
internal static class CompoundOperation
{
    private static readonly Operation s_reads = new(Opcode.Compound, OperationKind.Gated | OperationKind.Volume, Handle);
    private static readonly Operation s_changes = new(Opcode.Compound, OperationKind.Gated | OperationKind.Volume | OperationKind.Remembered, Handle);

    /// <summary>The operation that a compound is as a whole; null when its body is malformed, empty or too long, or has an opcode that is not known.</summary>
    public static Operation? Find(OperationTable operations, in FrameHeader header, ReadOnlySpan<byte> body)
    {
        if (header.Opcode != Opcode.Compound)
            return null;
        var changes = false;
        var count = 0;
        var parts = new CompoundReader(body);
        for (; parts.MoveNext(); count++)
        {
            if (count == NodeLimits.CompoundParts || operations.Find(parts.Opcode) is not { } operation)
                return null;
            changes |= operation.IsMutation;
        }

        return parts.Malformed || count == 0 ? null : changes ? s_changes : s_reads;
    }

    private static void Handle(NodeRequest request)
    {
        var mutation = request.Shard.BeginCompound(request.Volume);
        try
        {
            Run(request, mutation, request.Shard.Part);
        }
        finally
        {
            mutation.EndCompound();
        }
    }

    private static void Run(NodeRequest request, Mutation mutation, CompoundPart part)
    {
        var answers = request.WriteAnswers();
        var parts = new CompoundReader(request.Body);
        for (var index = 0u; parts.MoveNext(); index++)
        {
            var status = part.Run(request, in parts);
            if (status == Errno.None && !answers.TryAdd(parts.Opcode, part.Answer))
                status = Errno.E2BIG;
            if (status == Errno.None)
                continue;
            request.Reply(status, new CompoundFailure { Index = index, Answer = status == Errno.E2BIG ? default : part.Answer });
            return;
        }

        request.StageAnswers(answers.Length);
        mutation.KeepAnswer(request);
        mutation.ApplyCompound();
        request.ReplyStaged();
    }
}
