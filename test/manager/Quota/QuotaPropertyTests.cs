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

    [Fact]
    public void Shards_that_change_nodes_take_their_allowance_along_and_nothing_is_overshot() => Gen.Select(
        Histories, Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3], Gen.Double[0, 1]).Array[200], Gen.ULong[1, 1UL << 40]).Sample(
        (history, transfers, quota) =>
        {
            var nodes = Nodes(4);
            var account = new QuotaAccount(quota, QuotaAccount.SmallRemainderBytes, []);
            var moving = new Moving();
            for (var step = 0; step < history.Length; step++)
            {
                var (node, act, amount) = history[step];
                Perform(nodes[node], act, amount, account, nodes.Length);
                var (from, to, part) = transfers[step];
                moving.Advance(nodes[from], nodes[to], part, account, nodes.Length);
                Assert.True(moving.InFlight + nodes.Aggregate(UInt128.Zero, (sum, one) => sum + one.MayUse) <= quota);
            }

            // When it is over and everybody has been heard, the account says exactly what there is.
            moving.End(account, nodes.Length);
            foreach (var node in nodes)
                Perform(node, Act.Report, 0, account, nodes.Length);
            Assert.Equal(nodes.Aggregate(0UL, (sum, node) => sum + node.Used), account.Used);
            foreach (var node in nodes)
                Perform(node, Act.Report, 0, account, nodes.Length);
            AssertWithin(nodes, quota);
            Assert.True(account.Reserved <= quota);
        },
        iter: 3_000);

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
                node.Ceiling = Report(node, act == Act.ReportUrgently, account, count) - node.Leaving;
                break;
            case Act.ReportAndLoseTheAnswer:
                Report(node, amount > 0.5, account, count);
                break;
            case Act.Restart:
                node.Ceiling = 0;
                break;
        }
    }

    private static ulong Report(Node node, bool urgent, QuotaAccount account, int count) =>
        account.Report(node.Id, node.Used + node.Leaving, node.Ceiling + node.Leaving, urgent, count, node.Leaving).Ceiling;

    private sealed class Node(NodeId id)
    {
        public NodeId Id { get; } = id;

        public ulong Used { get; set; }

        public ulong Ceiling { get; set; }

        /// <summary>What shards used that it has handed over and goes on telling.</summary>
        public ulong Leaving { get; set; }

        /// <summary>What it uses and may still use without asking.</summary>
        public ulong MayUse => Math.Max(Used, Ceiling);
    }

    /// <summary>A shard on its way: the source lets go of it, the target has it and is heard, the source stops telling it; or the source takes it back.</summary>
    private sealed class Moving
    {
        private (Node Source, Node Target, ulong Use)? shard;
        private bool arrived;

        /// <summary>What the shard uses while neither node counts it.</summary>
        public ulong InFlight => shard is { } moved && !arrived ? moved.Use : 0;

        public void Advance(Node from, Node to, double part, QuotaAccount account, int count)
        {
            if (shard is null)
            {
                if (from == to)
                    return;
                var use = (ulong)(from.Used * part);
                from.Used -= use;
                from.Ceiling -= Math.Min(use, from.Ceiling);
                from.Leaving = use;
                (shard, arrived) = ((from, to, use), false);
                return;
            }
            if (!arrived && part > 0.9)
            {
                Arrive(shard.Value.Source);
                shard.Value.Source.Leaving = 0;
                shard = null;
                return;
            }
            if (!arrived && part > 0.5)
            {
                Arrive(shard.Value.Target);
                return;
            }
            if (arrived && part > 0.5)
                End(account, count);
        }

        public void End(QuotaAccount account, int count)
        {
            if (shard is not { } moved)
                return;
            if (!arrived)
                Arrive(moved.Target);
            Perform(moved.Target, Act.Report, 0, account, count);
            moved.Source.Leaving = 0;
            shard = null;
        }

        private void Arrive(Node node)
        {
            node.Used += shard!.Value.Use;
            node.Ceiling = Math.Max(node.Ceiling + shard.Value.Use, node.Used);
            arrived = true;
        }
    }
}
