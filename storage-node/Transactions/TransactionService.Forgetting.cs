using System.Buffers.Binary;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Wire;
using SealFs.StorageNode.Replication;
using SealFs.StorageNode.Routing;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Transactions;

/// <content>
/// The end of a participant's memory of commits: each node that coordinates is asked, with one question for many transactions of many shards, which of them it has forgotten for good.
/// </content>
internal sealed partial class TransactionService
{
    private void AskWhatIsForgotten()
    {
        if (_node.Map is not { } map)
            return;
        var questions = new Dictionary<NodeId, List<(Shard Shard, TransactionId Transaction)>>();
        var taken = new List<TransactionId>();
        foreach (var shard in _node.Shards.Opened())
        {
            taken.Clear();
            using (shard.Enter())
            {
                if (!shard.IsRetired)
                    shard.Transactions.TakeForgettable(Limits.TransactionsPerQuestion, taken);
            }

            foreach (var transaction in taken.Where(transaction => map.Contains(transaction.Coordinator)))
            {
                var node = map.PrimaryOf(transaction.Coordinator);
                if (!questions.TryGetValue(node, out var question))
                    questions.Add(node, question = []);
                question.Add((shard, transaction));
            }
        }

        foreach (var (node, question) in questions)
        {
            foreach (var part in question.Chunk(Limits.TransactionsPerQuestion))
                Track(AskWhatIsForgottenAsync(node, part));
        }
    }

    private async Task AskWhatIsForgottenAsync(NodeId node, (Shard Shard, TransactionId Transaction)[] question)
    {
        var forgotten = node == _node.Identity.Node
            ? ForgottenHere(question.Select(static asked => asked.Transaction))
            : await AskWhatIsForgottenAsync(node, question.Select(static asked => asked.Transaction));
        if (forgotten.Count == 0)
            return;
        foreach (var group in question.Where(asked => forgotten.Contains(asked.Transaction)).GroupBy(static asked => asked.Shard))
        {
            try
            {
                using (group.Key.Enter())
                    group.Key.Transactions.ForgetApplied(group.Select(static asked => asked.Transaction));
            }
            catch (ShardRetiredException)
            {
                // Its new owner has the rows, and asks.
            }
        }
    }

    private async Task<HashSet<TransactionId>> AskWhatIsForgottenAsync(NodeId node, IEnumerable<TransactionId> transactions)
    {
        var body = RawBody.Of(new TransactionsForgottenRequest { Transactions = Encode(transactions) });
        var answer = await Calls.CallNodeAsync(node, Opcode.TransactionsForgotten, body, Limits.DecideCallMs);
        var forgotten = new HashSet<TransactionId>();
        if (answer.Status != Errno.None)
            return forgotten;
        for (var rest = answer.Payload.AsSpan(); rest.Length >= TransactionsForgottenRequest.BytesPerTransaction; rest = rest[TransactionsForgottenRequest.BytesPerTransaction..])
            forgotten.Add(new TransactionId(BinaryPrimitives.ReadUInt64LittleEndian(rest)));
        return forgotten;
    }

    /// <summary>Those that shards of this node have coordinated and forgotten. Only after a sync of the log have they forgotten them for good.</summary>
    public HashSet<TransactionId> ForgottenHere(IEnumerable<TransactionId> transactions)
    {
        var forgotten = new HashSet<TransactionId>();
        foreach (var transaction in transactions)
        {
            if (_node.Shards.Find(transaction.Coordinator) is not { } home)
                continue;
            using (home.Enter())
            {
                if (!home.IsRetired && home.Transactions.IsForgotten(transaction))
                    forgotten.Add(transaction);
            }
        }

        return forgotten;
    }

    public static byte[] Encode(IEnumerable<TransactionId> transactions)
    {
        var values = transactions.ToList();
        var bytes = new byte[values.Count * TransactionsForgottenRequest.BytesPerTransaction];
        var writer = new WireWriter(bytes);
        foreach (var transaction in values)
            writer.U64(transaction.Value);
        return bytes;
    }
}
