using SealFs.Simulator.Cluster;
using SealFs.Simulator.Workload;
using SealFs.Simulator.World;

namespace SealFs.Simulator.Faults;

/// <summary>Lets things go wrong, one after the other and several at once, and sees to it that each is over some time later.</summary>
internal sealed class FaultInjector(SimulatedWorld world, SimulatedCluster cluster, Workers workers)
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan s_shortAbsence = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_shortLife = TimeSpan.FromSeconds(2);

    /// <summary>The process whose events the faults are: it is no part of the cluster.</summary>
    private readonly SimulatedProcess _fate = new(world, "fate", cluster.NextProcess());

    private bool _isOver;

    public void Start()
    {
        if (cluster.Options.FaultEvery > TimeSpan.Zero)
            Next();
    }

    /// <summary>No more faults; what is broken is mended.</summary>
    public void Heal()
    {
        _isOver = true;
        cluster.Steps.Clear();
        world.Note("everything is mended");
        cluster.Network.HealAll();
        foreach (var node in cluster.Nodes)
        {
            node.Data.IsFull = false;
            node.Data.SyncFailures = node.Data.WriteFailures = 0;
            node.DiskSlowness = 1;
            node.SpareIt();
            node.Start();
        }

        cluster.Manager.Start();
    }

    private void Next() => world.Schedule(world.Between(TimeSpan.Zero, cluster.Options.FaultEvery * 2), _fate, () =>
    {
        if (_isOver)
            return;
        Strike();
        Next();
    });

    private void Strike()
    {
        var node = cluster.Nodes[world.Random.Next(cluster.Nodes.Count)];
        if (cluster.Options.LosesUnsynced && world.Chance(0.5))
        {
            LosePower(world.Chance(0.3) ? cluster.Nodes : [node]);
            return;
        }

        if (cluster.Options.WritesBehind && world.Chance(0.6))
        {
            StrikeWriters(node);
            return;
        }

        switch (world.Random.Next(cluster.Options.WritesBehind ? 12 : 17))
        {
            case 0 or 1:
                node.Crash();
                Later(node.Start);
                break;
            case 2 or 3:
                node.CrashSoon();
                Later(node.Start);
                break;
            case 4 when cluster.Options.LosesPower:
                node.LosePower();
                Later(node.Start);
                break;
            case 5:
                cluster.Manager.Crash();
                Later(cluster.Manager.Start);
                break;
            case 6 or 7:
                CutTwo();
                break;
            case 8:
                cluster.Network.Breaks = 0.02;
                cluster.Network.Leftovers = cluster.Options.HasLeftovers ? 0.5 : 0;
                Later(() => cluster.Network.Breaks = 0);
                break;
            case 9:
                cluster.Network.Congestion = 0.2;
                Later(() => cluster.Network.Congestion = 0);
                break;
            case 10:
                node.DiskSlowness = 50;
                Later(() => node.DiskSlowness = 1);
                break;
            case 16:
                workers.CrashOne();
                break;
            case >= 12:
                StrikeAtStep();
                break;
            default:
                node.Data.IsFull = true;
                cluster.Filled();
                Later(() =>
                {
                    node.Data.IsFull = false;
                    cluster.Filled();
                });
                break;
        }
    }

    /// <summary>What matters to those who write: power, disks that fail, workers that die, sessions that end.</summary>
    private void StrikeWriters(SimulatedNode node)
    {
        switch (world.Random.Next(14))
        {
            case 12 or 13:
                KillBeforeLoss(node);
                break;
            case < 6:
                LosePower(world.Chance(0.3) ? cluster.Nodes : [node]);
                break;
            case 6 or 7:
                node.Data.SyncFailures = 0.3;
                Later(() => node.Data.SyncFailures = 0);
                break;
            case 8:
                node.Data.WriteFailures = 0.3;
                Later(() => node.Data.WriteFailures = 0);
                break;
            case 9 or 10:
                workers.KillOne();
                break;
            default:
                workers.EndOneSession();
                break;
        }
    }

    /// <summary>A node that was killed serves again, and its machine loses power soon after.</summary>
    private void KillBeforeLoss(SimulatedNode node)
    {
        node.Crash();
        world.Schedule(world.Between(TimeSpan.FromMilliseconds(20), s_shortAbsence), _fate, () =>
        {
            if (_isOver)
                return;
            node.Start();
            world.Schedule(world.Between(TimeSpan.FromMilliseconds(100), s_shortLife), _fate, () =>
            {
                if (!_isOver)
                    LosePower([node]);
            });
        });
    }

    private void LosePower(IReadOnlyList<SimulatedNode> nodes)
    {
        foreach (var node in nodes)
            Die(node.LosePower, node.Start);
    }

    /// <summary>Somebody dies when a move has come to a certain step.</summary>
    private void StrikeAtStep()
    {
        switch (world.Random.Next(5))
        {
            case 0:
                cluster.Steps.Arm(_ => Die(cluster.Manager.Crash, cluster.Manager.Start));
                break;
            case 1:
                var other = cluster.Nodes[world.Random.Next(cluster.Nodes.Count)];
                cluster.Steps.Arm(_ => Die(other.Crash, other.Start));
                break;
            case 2 when cluster.Options.LosesPower:
                cluster.Steps.Arm(node => Die(node.LosePower, node.Start));
                break;
            default:
                cluster.Steps.Arm(node => Die(node.Crash, node.Start));
                break;
        }
    }

    private void Die(Action end, Action beginning)
    {
        end();
        Later(beginning);
    }

    private void CutTwo()
    {
        List<string> all = [SimulatedManager.Name, .. cluster.Nodes.Select(static node => node.Name), .. cluster.Clients.Select(static client => client.Name)];
        var one = all[world.Random.Next(all.Count)];
        var other = all[world.Random.Next(all.Count)];
        world.Note($"{one} and {other} are cut off from each other");
        cluster.Network.Cut(one, other);
        Later(() => cluster.Network.Heal(one, other));
    }

    private void Later(Action end) => world.Schedule(world.Between(TimeSpan.FromMilliseconds(20), s_longest), _fate, () =>
    {
        if (!_isOver)
            end();
    });
}
