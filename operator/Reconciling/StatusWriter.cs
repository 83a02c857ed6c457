using k8s;
using k8s.Models;
using SealFs.Operator.Api;
using SealFs.Operator.Runtime;

namespace SealFs.Operator.Reconciling;

/// <summary>Makes the status out of what a reconciliation has found, and writes it only when it says something else than before.</summary>
internal sealed class StatusWriter(ApiConnection api, TimeProvider clock)
{
    public async Task WriteAsync(ClusterTask task, Action<ClusterStatus> fill, CancellationToken cancellation)
    {
        var before = task.Caches.Clusters.Find(ObjectName.Of(task.Cluster.Metadata)) ?? task.Cluster;
        var next = ObjectJson.Deserialize<SealFsCluster>(ObjectJson.Serialize(before));
        next.Status ??= new ClusterStatus();
        next.Status.ObservedGeneration = task.Cluster.Metadata.Generation ?? 0;
        fill(next.Status);
        if (before.Status is not null && ObjectJson.Serialize(before.Status) == ObjectJson.Serialize(next.Status))
            return;
        task.Caches.Clusters.Put(await api.ReplaceAsync(next, "status", cancellation));
    }

    /// <summary>Sets one condition, and returns whether it changed between true and false.</summary>
    public bool Set(ClusterStatus status, string type, bool value, string reason, string message)
    {
        status.Conditions ??= [];
        return Conditions.Set(status.Conditions, type, value, reason, message, status.ObservedGeneration, clock.GetUtcNow().UtcDateTime);
    }

    public void Fill(ClusterTask task, ClusterStatus status, int replicas)
    {
        var pods = task.NodePods();
        var view = task.View;
        status.Selector = string.Join(',', task.Names.Labels("node").Select(label => $"{label.Key}={label.Value}"));
        status.ManagerAddress = task.Names.ManagerAddress;
        status.Certificates = task.Certificates;
        status.Version = view?.Version ?? status.Version;
        if (view is not null)
            FillView(task, status, view, pods);
        var ready = pods.Count(pod => Roll.IsReady(pod.Value) && view?.Find(task.Names.Node(pod.Key)) is { IsLive: true });
        if (view is not null)
            status.NodesReady = ready;
        SetConditions(task, status, view, ready, replicas);
    }

    private void SetConditions(ClusterTask task, ClusterStatus status, Administration.ClusterView? view, int ready, int replicas)
    {
        var available = view is { IsMapBuilt: true, ShardsUnavailable: 0 };
        Set(status, "Available", available, available ? "AllShardsServed" : view is null ? "ManagerUnreachable" : !view.IsMapBuilt ? "WaitingForNodes" : "ShardsUnavailable",
            available ? $"All {view!.Shards} shards are served" : view is null ? $"The manager does not answer: {task.ManagerProblem}"
            : !view.IsMapBuilt ? $"{view.Nodes.Count} of {replicas} storage nodes have registered" : $"{view.ShardsUnavailable} of {view.Shards} shards are not served: look at the nodes that are not Live");
        var moving = view is null ? 0 : view.ShardsMoving + view.ShardsWaitingToMove;
        var progressing = task.Draining is not null || task.Upgrading is not null || ready != task.Spec.StorageNodes.Replicas || moving > 0 || !available;
        Set(status, "Progressing", progressing, progressing ? "Changing" : "Settled",
            progressing ? $"{ready} of {task.Spec.StorageNodes.Replicas} nodes serve, {moving} shards are on their way" : "Everything is as the spec says");
        SetOptional(status, "Draining", task.Draining, "NothingLeaves", "No node is being emptied");
        SetOptional(status, "Upgrading", task.Upgrading, "UpToDate", "All nodes have the same template");
        var dead = view?.Nodes.Where(node => !node.IsLive).Select(node => node.Name).ToList() ?? [];
        if (dead.Count > 0)
            task.Problems.Add(("NodesDown", $"{string.Join(", ", dead)} do not serve"));
        SetOptional(status, "Degraded", task.Problems.Count > 0 ? (task.Problems[0].Reason, string.Join("; ", task.Problems.Select(problem => problem.Message))) : null, "NoProblem", "Nothing needs attention");
        Set(status, "DeletionBlocked", false, "NotDeleted", "The cluster is not being deleted");
        status.Phase = task.Problems.Count > 0 ? "Degraded" : task.Upgrading is not null ? "Upgrading" : task.Draining is not null || ready != task.Spec.StorageNodes.Replicas && available ? "Scaling"
            : available ? "Ready" : "Creating";
    }

    private void SetOptional(ClusterStatus status, string type, (string Reason, string Message)? value, string reason, string message) =>
        Set(status, type, value is not null, value?.Reason ?? reason, value?.Message ?? message);

    private static void FillView(ClusterTask task, ClusterStatus status, Administration.ClusterView view, Dictionary<int, V1Pod> pods)
    {
        var before = status.Nodes?.ToDictionary(node => node.Name, node => node.Used) ?? [];
        status.Nodes = [.. view.Nodes.OrderBy(node => task.Names.Ordinal(node.Name)).Select(node => new ClusterNodeStatus
        {
            Name = node.Name,
            State = !node.IsLive ? "Dead" : node.Drain is { IsDone: true } ? "Drained" : node.Drain is not null ? "Draining" : "Live",
            Shards = node.Shards,
            Used = SizeText.Steady(before.GetValueOrDefault(node.Name), node.UsedBytes, node.CapacityBytes),
            Capacity = SizeText.Of(node.CapacityBytes),
            Version = pods.GetValueOrDefault(task.Names.Ordinal(node.Name))?.Spec?.Containers?.FirstOrDefault()?.Image,
        })];
        var total = view.Nodes.Sum(node => node.CapacityBytes);
        status.Capacity = new CapacityStatus { Total = SizeText.Of(total), Used = SizeText.Steady(status.Capacity?.Used, view.Nodes.Sum(node => node.UsedBytes), total) };
        status.ShardsUnderReplicated = view.ShardsUnavailable;
        var remaining = view.ShardsMoving + view.ShardsWaitingToMove;
        status.Rebalance = remaining == 0 ? null : new RebalanceStatus
        {
            Moving = view.ShardsMoving,
            Remaining = remaining,
            Percent = $"{100 * (view.Shards - remaining) / Math.Max(view.Shards, 1)}%",
        };
    }
}
