using k8s.Models;
using SealFs.Operator.Certificates;
using SealFs.Operator.Resources;
using SealFs.Operator.Runtime;

namespace SealFs.Operator.Reconciling;

/// <summary>Keeps a cluster that is being deleted for as long as PersistentVolumes point at it, and then lets it go. What it owns goes with it; disks go as the policy says.</summary>
internal static class Deletion
{
    private const int NamesInMessage = 5;

    /// <returns>Why it cannot go; null when it has gone.</returns>
    public static async Task<string?> ReconcileAsync(ClusterTask task, CertificateReconciler certificates, CancellationToken cancellation)
    {
        var volumes = (await task.Api.ListAsync<V1PersistentVolume>("", "", cancellation)).Items.Where(volume => PointsAt(task, volume)).ToList();
        if (volumes.Count > 0)
        {
            var shown = string.Join(", ", volumes.Take(NamesInMessage).Select(Describe)) + (volumes.Count > NamesInMessage ? ", …" : "");
            return $"{volumes.Count} PersistentVolumes point at this cluster: {shown}. Delete their claims first, or the volumes if they are retained";
        }
        foreach (var one in task.Caches.Classes.All.Where(one => IsClassOf(task, one)))
        {
            await task.Api.DeleteAsync(one, orphan: false, cancellation);
            task.Caches.Classes.Remove(one);
        }
        if (task.Spec.DeletionPolicy == "Delete")
            await DeleteClaimsAsync(task, cancellation);
        await certificates.RemoveAsync(task, cancellation);
        await task.TellAsync("Deleted", task.Spec.DeletionPolicy == "Delete" ? "Nothing points at the cluster: it is deleted with its disks" : "Nothing points at the cluster: it is deleted, its disks stay", cancellation);

        // The watch may take a moment to tell that it has gone: until then it is one without the finalizer, and nobody's business here.
        task.Caches.Clusters.Put(await Finalizers.RemoveAsync(task.Api, task.Cluster, ClusterNames.Finalizer, cancellation));
        return null;
    }

    /// <summary>Handles begin with the manager's address where they name one; one that names none may be of this cluster.</summary>
    private static bool PointsAt(ClusterTask task, V1PersistentVolume volume)
    {
        if (volume.Spec.Csi is not { } csi || csi.Driver != task.Spec.Csi.DriverName)
            return false;
        var slash = csi.VolumeHandle.LastIndexOf('/');
        return slash < 0 || csi.VolumeHandle[..slash].Split(',').Any(task.Names.IsManager);
    }

    private static bool IsClassOf(ClusterTask task, V1StorageClass one) =>
        one.Metadata.Labels.TryGetValue(ClusterNames.InstanceLabel, out var cluster) && cluster == task.Names.Cluster
        && one.Metadata.Labels.TryGetValue(ClusterNames.NamespaceLabel, out var space) && space == task.Names.Namespace;

    private static async Task DeleteClaimsAsync(ClusterTask task, CancellationToken cancellation)
    {
        var claims = task.Caches.Claims.All.Where(claim => task.Names.Owns(claim.Metadata, "node") || task.Names.Owns(claim.Metadata, "manager"));
        foreach (var claim in claims.Where(claim => claim.Metadata.DeletionTimestamp is null))
            await task.Api.DeleteAsync(claim, orphan: false, cancellation);
    }

    private static string Describe(V1PersistentVolume volume) =>
        volume.Spec.ClaimRef is { } claim ? $"{volume.Metadata.Name} ({claim.NamespaceProperty}/{claim.Name})" : volume.Metadata.Name;
}
