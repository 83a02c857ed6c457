using System.Text.Json.Nodes;
using k8s.Models;
using SealFs.Operator.Runtime;

namespace SealFs.Operator.Reconciling;

/// <summary>
/// Raises the sizes of disks: first every claim, then the template of the StatefulSet, which cannot be changed: it is deleted, its pods are left alone, and the next
/// reconciliation makes it anew and gives it the pods.
/// </summary>
internal static class VolumeGrowth
{
    /// <returns>The size for the template now.</returns>
    public static async Task<string> ReconcileAsync(
        ClusterTask task, V1StatefulSet? set, string volume, string wanted, IEnumerable<V1PersistentVolumeClaim> claims, CancellationToken cancellation)
    {
        if (set?.Spec.VolumeClaimTemplates.FirstOrDefault(template => template.Metadata.Name == volume) is not { } template)
            return wanted;
        var now = SizeOf(template);
        if (Bytes(wanted) < Bytes(now))
        {
            task.Problems.Add(("VolumeShrinkRefused", $"The disk {volume} has {now} and cannot be made smaller: set its size to at least {now}, not {wanted}"));
            return now;
        }
        var grown = true;
        foreach (var claim in claims.Where(claim => claim.Metadata.Name.StartsWith($"{volume}-", StringComparison.Ordinal) && Bytes(SizeOf(claim)) < Bytes(wanted)))
            grown &= await GrowAsync(task, claim, wanted, cancellation);
        return grown && Bytes(wanted) > Bytes(now) ? wanted : now;
    }

    /// <summary>Deletes the StatefulSet and keeps its pods, when its templates are not what they shall be.</summary>
    /// <returns>True when it was deleted, or has not gone yet.</returns>
    public static async Task<bool> ReplaceAsync(ClusterTask task, V1StatefulSet? set, IReadOnlyDictionary<string, string> sizes, CancellationToken cancellation)
    {
        if (set?.Metadata.DeletionTimestamp is not null)
            return true;
        if (set is null || set.Spec.VolumeClaimTemplates.All(template => Bytes(SizeOf(template)) == Bytes(sizes[template.Metadata.Name])))
            return false;
        await task.TellAsync("GrowingVolumes", $"The claims of {set.Metadata.Name} are larger now: the StatefulSet is made anew, its pods go on", cancellation);
        await task.Api.DeleteAsync(set, orphan: true, cancellation);
        task.Caches.Sets.Remove(set);
        return true;
    }

    private static async Task<bool> GrowAsync(ClusterTask task, V1PersistentVolumeClaim claim, string wanted, CancellationToken cancellation)
    {
        var patch = new JsonObject
        {
            ["spec"] = new JsonObject { ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = wanted } } },
        };
        try
        {
            task.Caches.Claims.Put(await task.Api.MergeAsync<V1PersistentVolumeClaim>(ObjectName.Of(claim.Metadata), patch, cancellation));
            await task.TellAsync("GrowingVolumes", $"{claim.Metadata.Name} grows from {SizeOf(claim)} to {wanted}", cancellation);
            return true;
        }
        catch (ApiException exception) when (exception.IsInvalid)
        {
            task.Problems.Add(("VolumeGrowthRefused", $"{claim.Metadata.Name} cannot grow to {wanted}: {exception.Message}. Its StorageClass must have allowVolumeExpansion"));
            return false;
        }
    }

    private static string SizeOf(V1PersistentVolumeClaim claim) => claim.Spec.Resources.Requests["storage"].ToString();

    private static decimal Bytes(string size) => new ResourceQuantity(size).ToDecimal();
}
