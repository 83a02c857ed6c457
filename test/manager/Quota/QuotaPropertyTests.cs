using CsCheck;
using SealFs.Core;
using SealFs.Manager.Quota;
using Xunit;

namespace SealFs.Manager.Tests.Quota;

/// <summary>
/// Nodes that write, delete, report, lose answers, die and come back, against one account. Whatever the order, what they may write never adds up to more
/// than the quota; and a node that keeps asking gets nearly all of it.
/// </summary>
public sealed class QuotaPropertyTests
{
    private enum Act
    {
        Write,
        WriteAll,
        Delete,
        Report,
        ReportUrgently,
        ReportAndLoseTheAnswer,
        Restart,
    }

    private static readonly Gen<(int Node, Act Act, double Amount)[]> Histories =
        Gen.Select(Gen.Int[0, 3], Gen.Enum<Act>(), Gen.Double[0, 1]).Array[1, 200];

    [Fact]
    public void The_quota_is_never_overshot() => Gen.Select(Histories, Gen.ULong[1, 1UL << 40]).Sample(
        (history, quota) =>
        {
            var nodes = Nodes(4);
            var account = new QuotaAccount(quota, QuotaAccount.SmallRemainderBytes, []);
            foreach (var (node, act, amount) in history)
            {
                Perform(nodes[node], act, amount, account, nodes.Length);
                AssertWithin(nodes, quota);
            }
        },
        iter: 3_000);

    [Fact]
    public void It_is_not_overshot_when_the_manager_forgets_what_it_granted() => Gen.Select(Histories, Gen.ULong[1, 1UL << 40], Gen.Int[0, 199]).Sample(
        (history, quota, forgetsAt) =>
        {
            var nodes = Nodes(4);
            var account = new QuotaAccount(quota, QuotaAccount.SmallRemainderBytes, []);
            for (var step = 0; step < history.Length; step++)
            {
                if (step == forgetsAt)
                    account = new QuotaAccount(quota, QuotaAccount.SmallRemainderBytes, nodes.Select(node => node.Id));
                var (node, act, amount) = history[step];
                Perform(nodes[node], act, amount, account, nodes.Length);
                AssertWithin(nodes, quota);
            }
        },
        iter: 3_000);

    [Fact]
    public void A_dead_node_overshoots_by_no_more_than_it_could_still_write() => Gen.Select(Histories, Gen.ULong[1, 1UL << 40]).Sample(
        (history, quota) =>
        {
            var nodes = Nodes(4);
            var account = new QuotaAccount(quota, QuotaAccount.SmallRemainderBytes, []);
            var dead = nodes[0];
            foreach (var (node, act, amount) in history)
                Perform(nodes[node], act, amount, account, nodes.Length);
            account.Reclaim(dead.Id);
            var unreported = dead.MayUse - account.UsedBy(dead.Id);
            foreach (var (node, act, amount) in history.Where(step => step.Node != 0))
                Perform(nodes[node], act, amount, account, nodes.Length - 1);
            Assert.True(nodes.Aggregate(UInt128.Zero, (sum, node) => sum + node.MayUse) <= quota + (UInt128)unreported);
        },
        iter: 1_000);

    [Fact]
    public void A_node_that_keeps_asking_can_fill_the_volume() => Gen.Select(Gen.Int[1, 8], Gen.ULong[200, 1UL << 44], Histories).Sample(
        (count, quota, history) =>
        {
            var nodes = Nodes(count);
            var account = new QuotaAccount(quota, QuotaAccount.SmallRemainderBytes, []);
            foreach (var (node, act, amount) in history)
                Perform(nodes[node % count], act, amount, account, count);
            foreach (var node in nodes)
                Perform(node, Act.Report, 0, account, count);

            // One fills, the others only send their ordinary heartbeats.
            for (var round = 0; round < 200; round++)
            {
                Perform(nodes[0], Act.WriteAll, 0, account, count);
                Perform(nodes[0], Act.ReportUrgently, 0, account, count);
                foreach (var node in nodes[1..])
                    Perform(node, Act.Report, 0, account, count);
            }
            Assert.InRange(account.Used, quota - (quota / 50), quota);
        },
        iter: 300);

    private static Node[] Nodes(int count) => [.. Enumerable.Range(1, count).Select(id => new Node(new NodeId((uint)id)))];

    private static void AssertWithin(Node[] nodes, ulong quota) =>
        Assert.True(nodes.Aggregate(UInt128.Zero, (sum, node) => sum + node.MayUse) <= quota);

    private static void Perform(Node node, Act act, double amount, QuotaAccount account, int count)
    {
        switch (act)
        {
            case Act.Write when node.Ceiling > node.Used:
                node.Used += (ulong)((node.Ceiling - node.Used) * amount);
                break;
            case Act.WriteAll:
                node.Used = node.MayUse;
                break;
            case Act.Delete:
                node.Used -= (ulong)(node.Used * amount);
                break;
            case Act.Report or Act.ReportUrgently:
                node.Ceiling = account.Report(node.Id, node.Used, node.Ceiling, act == Act.ReportUrgently, count).Ceiling;
                break;
            case Act.ReportAndLoseTheAnswer:
                account.Report(node.Id, node.Used, node.Ceiling, amount > 0.5, count);
                break;
            case Act.Restart:
                node.Ceiling = 0;
                break;
        }
    }

    private sealed class Node(NodeId id)
    {
        public NodeId Id { get; } = id;

        public ulong Used { get; set; }

        public ulong Ceiling { get; set; }

        /// <summary>What it uses and may still use without asking.</summary>
        public ulong MayUse => Math.Max(Used, Ceiling);
    }
}
