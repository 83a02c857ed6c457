using System.Text.Json.Nodes;
using k8s.Models;
using SealFs.Operator.Administration;
using SealFs.Operator.Resources;
using SealFs.Operator.Runtime;

namespace SealFs.Operator.Reconciling;

/// <summary>
/// Nodes that leave. A mark on the claims of a node tells how far it is, so that an operator that starts in the middle goes on: "draining" before the manager is
/// asked to empty it, "drained" when the manager has said that nothing is lost without it. Only then the StatefulSet shrinks, by one; the pod goes; the manager
/// forgets the node; and the claims are deleted where the policy says so, and only with the mark.
/// </summary>
internal static class Departures
{
    private const string Drain = "draining";
    private const string Drained = "drained";

    /// <returns>How many nodes the StatefulSet shall have now.</returns>
    public static async Task<int> ReconcileAsync(ClusterTask task, int present, CancellationToken cancellation)
    {
        var wanted = task.Spec.StorageNodes.Replicas;
        await CallOffAsync(task, wanted, cancellation);
        if (wanted >= present)
        {
            if (wanted > present)
                await task.TellAsync("ScalingOut", $"{task.Names.Nodes} grows from {present} to {wanted} nodes", cancellation);
            return wanted;
        }
        if (task.View is not { } view)
        {
            task.Draining = ("WaitingForManager", $"{present - wanted} nodes shall go, but the manager does not answer: {task.ManagerProblem}");
            return present;
        }
        for (var ordinal = wanted; ordinal < present; ordinal++)
            await BeginAsync(task, view, ordinal, cancellation);
        return await MayGoAsync(task, view, present - 1, cancellation) ? present - 1 : present;
    }

    /// <summary>Forgets nodes whose pods have gone, and deletes their claims as the policy says.</summary>
    public static async Task CleanUpAsync(ClusterTask task, int present, CancellationToken cancellation)
    {
        if (task.View is not { } view)
            return;
        var pods = task.NodePods();
        foreach (var group in task.NodeClaims().GroupBy(claim => task.Names.Ordinal(claim.Metadata.Name)))
        {
            var gone = group.Key >= present && !pods.ContainsKey(group.Key);
            if (!gone || group.Any(claim => Mark(claim) != Drained))
                continue;
            var name = task.Names.Node(group.Key);
            if (view.Find(name) is not null)
            {
                await task.Administration.RemoveAsync(name, cancellation);
                await task.TellAsync("NodeRemoved", $"{name} is empty and gone: the manager has forgotten it", cancellation);
            }
            if (task.Spec.DeletionPolicy == "Delete")
                await DeleteAsync(task, group, name, cancellation);
        }
    }

    private static async Task DeleteAsync(ClusterTask task, IEnumerable<V1PersistentVolumeClaim> claims, string name, CancellationToken cancellation)
    {
        foreach (var claim in claims.Where(claim => claim.Metadata.DeletionTimestamp is null))
        {
            await task.Api.DeleteAsync(claim, orphan: false, cancellation);
            await task.TellAsync("VolumeDeleted", $"{claim.Metadata.Name} of the emptied node {name} is deleted, as deletionPolicy says", cancellation);
        }
    }

    private static async Task BeginAsync(ClusterTask task, ClusterView view, int ordinal, CancellationToken cancellation)
    {
        await MarkAsync(task, ordinal, null, Drain, cancellation);
        var name = task.Names.Node(ordinal);
        if (view.Find(name) is not { Drain: null })
            return;
        await task.Administration.DrainAsync(name, cancellation);
        await task.TellAsync("Draining", $"{name} is being emptied: its shards move to the nodes that stay", cancellation);
    }

    private static async Task<bool> MayGoAsync(ClusterTask task, ClusterView view, int ordinal, CancellationToken cancellation)
    {
        var name = task.Names.Node(ordinal);
        task.Draining = Progress(task, view, ordinal);
        if (task.NodePods().Keys.Any(other => other > ordinal))
            return false;
        if (view.Find(name) is { } node)
        {
            if (node.Drain is not { IsDone: true })
                return false;
            var safety = await task.Administration.SafetyAsync(name, cancellation);
            if (!safety.MayRemove)
            {
                task.Draining = ("NotSafeToRemove", $"{name} is empty but cannot go yet: {safety.WhyNotRemove}");
                return false;
            }
        }
        else if (!view.IsMapBuilt)
        {
            return false;
        }
        await MarkAsync(task, ordinal, Drain, Drained, cancellation);
        await task.TellAsync("Drained", $"{name} is empty: {task.Names.Nodes} shrinks to {ordinal} nodes", cancellation);
        return true;
    }

    private static (string Reason, string Message) Progress(ClusterTask task, ClusterView view, int last)
    {
        var parts = Enumerable.Range(task.Spec.StorageNodes.Replicas, last + 1 - task.Spec.StorageNodes.Replicas)
            .Select(ordinal => view.Find(task.Names.Node(ordinal))).OfType<NodeView>()
            .Select(node => node.Drain is { Problem.Length: > 0 } drain
                ? $"{node.Name} does not get on: {drain.Problem}" : $"{node.Name} has {node.Drain?.ShardsLeft ?? node.Shards} shards left").ToList();
        var stuck = parts.Exists(part => part.Contains("does not get on", StringComparison.Ordinal));
        return (stuck ? "DrainStuck" : "Draining", string.Join("; ", parts));
    }

    /// <summary>Nodes that were to go and shall stay after all. Drains that somebody else has begun are left alone: they bear no mark.</summary>
    private static async Task CallOffAsync(ClusterTask task, int wanted, CancellationToken cancellation)
    {
        var marked = task.NodeClaims().Where(claim => Mark(claim) is not null && task.Names.Ordinal(claim.Metadata.Name) < wanted)
            .Select(claim => task.Names.Ordinal(claim.Metadata.Name)).Distinct().Order().ToList();
        foreach (var ordinal in marked)
        {
            if (task.View is not { } view)
                throw new InvalidOperationException($"{task.Names.Node(ordinal)} shall stay after all, but the manager does not answer: {task.ManagerProblem}");
            var name = task.Names.Node(ordinal);
            if (view.Find(name)?.Drain is not null)
            {
                await task.Administration.CancelDrainAsync(name, cancellation);
                await task.TellAsync("DrainCalledOff", $"{name} stays: emptying it was called off", cancellation);
            }
            foreach (var claim in task.NodeClaims().Where(claim => task.Names.Ordinal(claim.Metadata.Name) == ordinal && Mark(claim) is not null))
                await AnnotateAsync(task, claim, null, cancellation);
        }
    }

    private static async Task MarkAsync(ClusterTask task, int ordinal, string? from, string to, CancellationToken cancellation)
    {
        foreach (var claim in task.NodeClaims().Where(claim => task.Names.Ordinal(claim.Metadata.Name) == ordinal && Mark(claim) == from))
            await AnnotateAsync(task, claim, to, cancellation);
    }

    private static async Task AnnotateAsync(ClusterTask task, V1PersistentVolumeClaim claim, string? mark, CancellationToken cancellation)
    {
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [ClusterNames.LeavingAnnotation] = mark } } };
        task.Caches.Claims.Put(await task.Api.MergeAsync<V1PersistentVolumeClaim>(ObjectName.Of(claim.Metadata), patch, cancellation));
    }

    private static string? Mark(V1PersistentVolumeClaim claim) =>
        claim.Metadata.Annotations?.TryGetValue(ClusterNames.LeavingAnnotation, out var mark) == true ? mark : null;
}
