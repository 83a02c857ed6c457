using k8s.Models;
using SealFs.Operator.Resources;
using SealFs.Operator.Runtime;

namespace SealFs.Operator.Reconciling;

/// <summary>
/// The rolling update of the storage nodes. A new template is applied with a partition above all ordinals, so that nothing happens by itself; then the partition goes down, one
/// ordinal at a time, each only when every node serves and the manager calls the next one safe to restart. A node that does not come back stops the roll and is named.
/// </summary>
internal static class Roll
{
    /// <summary>A node that is away for less is waited for: a probe that was missed is no reason to try another template on it.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    /// <returns>The partition for now.</returns>
    public static async Task<int> ReconcileAsync(ClusterTask task, V1StatefulSet? live, string templateHash, int replicas, CancellationToken cancellation)
    {
        var pods = task.NodePods();
        if (live is null)
            return pods.Count == 0 ? 0 : Math.Max(replicas, pods.Keys.Max() + 1);
        var partition = live.Spec.UpdateStrategy?.RollingUpdate?.Partition ?? 0;
        if (live.Metadata.Annotations?.TryGetValue(ClusterNames.TemplateAnnotation, out var applied) != true || applied != templateHash)
        {
            await task.TellAsync("UpgradeStarted", $"{task.Names.Nodes} is rolled to a new template, one node at a time, the highest ordinal first", cancellation);
            task.Upgrading = ("Starting", "The new template is applied; the roll begins");
            return Math.Max(replicas, live.Spec.Replicas ?? 0);
        }
        if (live.Status?.ObservedGeneration is not { } observed || observed < live.Metadata.Generation || live.Status.UpdateRevision is not { } revision)
            return partition;
        var outdated = pods.Where(pod => RevisionOf(pod.Value) != revision).Select(pod => pod.Key).Order().ToList();
        if (outdated.Count == 0)
            return Finish(task, pods, partition, replicas);
        return await StepAsync(task, pods, outdated, partition, cancellation);
    }

    /// <summary>Every pod has the new template: the roll is over when all of them serve.</summary>
    private static int Finish(ClusterTask task, Dictionary<int, V1Pod> pods, int partition, int replicas)
    {
        if (!Conditions.IsTrue(task.Cluster.Status?.Conditions, "Upgrading"))
            return 0;
        if (FirstUnwell(task, pods.Keys) is { } unwell)
            task.Upgrading = ("WaitingForNode", $"{task.Names.Node(unwell)} has been updated and is not back yet");
        else if (pods.Count < replicas)
            task.Upgrading = ("WaitingForNode", $"{replicas - pods.Count} nodes are being restarted");
        return task.Upgrading is null ? 0 : partition;
    }

    private static async Task<int> StepAsync(ClusterTask task, Dictionary<int, V1Pod> pods, List<int> outdated, int partition, CancellationToken cancellation)
    {
        var next = outdated[^1];
        if (FirstUnwell(task, pods.Keys.Except(outdated)) is { } unwell)
        {
            task.Upgrading = ("WaitingForNode", $"{task.Names.Node(unwell)} has been updated and is not back: the roll stops there, {outdated.Count} nodes keep the old template");
            return partition;
        }
        if (next >= partition)
        {
            task.Upgrading = ("Restarting", $"{task.Names.Node(next)} is being restarted; {outdated.Count} nodes to go");
            return partition;
        }

        // Repair goes first: a node that is down with the old template may need the new one to come up. The way to it is one node at a time too, and does not wait for the shards that are down.
        if (outdated.OrderDescending().Where(ordinal => IsDown(pods[ordinal], task.Now)).Select(ordinal => (int?)ordinal).FirstOrDefault() is { } broken)
        {
            task.Upgrading = ("RepairingNode", $"{task.Names.Node(broken)} does not serve with the old template: the roll goes on until it has the new one");
            await task.TellAsync("UpgradingNode", $"{task.Names.Node(next)} gets the new template, because {task.Names.Node(broken)} does not serve with the old one", cancellation);
            return next;
        }
        if (FirstUnwell(task, outdated) is { } away)
        {
            task.Upgrading = ("WaitingForNode", $"{task.Names.Node(away)} does not serve at the moment: the roll waits for it");
            return partition;
        }
        if (await WhyNotAsync(task, next, cancellation) is { } reason)
        {
            task.Upgrading = ("Waiting", $"{outdated.Count} nodes have the old template; the next one waits: {reason}");
            return partition;
        }
        task.Upgrading = ("Restarting", $"{task.Names.Node(next)} is next; {outdated.Count} nodes to go");
        await task.TellAsync("UpgradingNode", $"{task.Names.Node(next)} gets the new template; {outdated.Count} nodes to go", cancellation);
        return next;
    }

    private static async Task<string?> WhyNotAsync(ClusterTask task, int next, CancellationToken cancellation)
    {
        if (task.View is not { } view)
            return $"the manager does not answer: {task.ManagerProblem}";
        if (task.ManagerSet is not { } manager || !IsSettled(manager))
            return "the manager is being updated";
        if (view.ShardsUnavailable > 0)
            return $"{view.ShardsUnavailable} shards are not served";
        if (task.Draining is not null)
            return "nodes are being emptied";
        var safety = await task.Administration.SafetyAsync(task.Names.Node(next), cancellation);
        return safety.MayRestart ? null : safety.WhyNotRestart;
    }

    private static bool IsSettled(V1StatefulSet set) =>
        set.Status is { } status && status.ObservedGeneration >= set.Metadata.Generation && status.ReadyReplicas >= set.Spec.Replicas
        && (status.UpdateRevision is null || status.CurrentRevision == status.UpdateRevision || status.UpdatedReplicas >= set.Spec.Replicas);

    /// <summary>The highest of these nodes that does not serve, as the kubelet or as the manager sees it.</summary>
    private static int? FirstUnwell(ClusterTask task, IEnumerable<int> ordinals)
    {
        var pods = task.NodePods();
        return ordinals.OrderDescending().Where(ordinal => !IsReady(pods[ordinal]) || task.View?.Find(task.Names.Node(ordinal)) is { IsLive: false })
            .Select(ordinal => (int?)ordinal).FirstOrDefault();
    }

    public static bool IsReady(V1Pod pod) => pod.Metadata.DeletionTimestamp is null && pod.Status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) == true;

    private static bool IsDown(V1Pod pod, DateTimeOffset now)
    {
        if (pod.Metadata.DeletionTimestamp is not null || IsReady(pod))
            return false;
        var ready = pod.Status?.Conditions?.FirstOrDefault(condition => condition.Type == "Ready");
        var since = ready is null ? pod.Metadata.CreationTimestamp : ready.LastTransitionTime;
        return since is null || now - since.Value >= s_patience;
    }

    private static string? RevisionOf(V1Pod pod) => pod.Metadata.Labels?.TryGetValue("controller-revision-hash", out var revision) == true ? revision : null;
}
