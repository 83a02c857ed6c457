using System.Globalization;
using System.Security.Cryptography;
using k8s.Models;
using SealFs.Core.Security;
using SealFs.Operator.Api;
using SealFs.Operator.Reconciling;
using SealFs.Operator.Resources;
using SealFs.Operator.Runtime;

namespace SealFs.Operator.Certificates;

/// <summary>
/// Brings the Secrets of a cluster to what they should be: its CA, a certificate for each role, and what the CSI driver needs of them. How far a change of the CA is stands in the CA's Secret, so
/// that an operator that was killed goes on where it was.
/// </summary>
internal sealed class CertificateReconciler(SecretCache secrets, DriverSecrets driver, CertificateOptions options, TimeProvider clock)
{
    /// <returns>Null without TLS, and when there is no CA: the problem is told then.</returns>
    public async Task<ClusterCertificates?> ReconcileAsync(ClusterTask task, CancellationToken cancellation)
    {
        if (task.Spec.Security.Tls == "none")
        {
            await driver.RemoveAsync(task.Cluster, cancellation);
            return null;
        }
        var supplied = await SuppliedAsync(task, cancellation);
        if (await CurrentAsync(task, supplied, cancellation) is not var (step, asked))
            return null;
        while (true)
        {
            (step, asked) = await BeginAsync(task, step, supplied, asked, cancellation);
            await EnsureAsync(task, AuthoritySecret.Build(task.Names, step, asked), cancellation);
            var leaves = new Dictionary<CertificateRole, Leaf>();
            foreach (var role in CertificateRoles.All)
                leaves[role] = await EnsureLeafAsync(task, role, step, cancellation);
            await driver.EnsureAsync(task, step.Bundle, leaves[CertificateRole.Client], leaves[CertificateRole.Admin], cancellation);

            // Everything is as this step says.
            var next = step.Advance(clock.GetUtcNow(), options.Propagation);
            if (ReferenceEquals(next, step))
                return new ClusterCertificates(step.Bundle, leaves[CertificateRole.Admin], Status(step, leaves.Values));
            if (next.Name != step.Name)
                await TellAsync(task, next, cancellation);
            step = next;
        }
    }

    /// <summary>The cluster goes: so do the copies that the driver has. What is in its own namespace goes with it.</summary>
    public async Task RemoveAsync(ClusterTask task, CancellationToken cancellation)
    {
        await driver.RemoveAsync(task.Cluster, cancellation);
        foreach (var name in CertificateRoles.All.Select(task.Names.TlsSecret).Append(task.Names.AuthoritySecret))
            secrets.Forget(new ObjectName(task.Names.Namespace, name));
    }

    private async Task<Authority?> SuppliedAsync(ClusterTask task, CancellationToken cancellation)
    {
        if (task.Spec.Security is not { Tls: "secret", SecretRef: { } name })
            return null;
        var secret = await secrets.ReadAsync(new ObjectName(task.Names.Namespace, name), cancellation);
        var (authority, reason, message) = SuppliedAuthority.Read(secret, name, clock.GetUtcNow());
        if (authority is null)
            task.Problems.Add((reason, message));
        return authority;
    }

    /// <summary>What the Secret says, or what there is to begin with.</summary>
    private async Task<(TrustStep Step, string Asked)?> CurrentAsync(ClusterTask task, Authority? supplied, CancellationToken cancellation)
    {
        var names = task.Names;
        if (await secrets.ReadAsync(new ObjectName(names.Namespace, names.AuthoritySecret), cancellation) is { } live)
        {
            try
            {
                return (AuthoritySecret.Read(live), AuthoritySecret.Asked(live));
            }
            catch (CryptographicException problem)
            {
                await task.WarnAsync("AuthorityUnreadable", $"Secret {names.AuthoritySecret} cannot be read, another CA takes its place: {problem.Message}", cancellation);
            }
        }
        if (supplied is null && task.Spec.Security.Tls == "secret")
            return null;
        var authority = supplied ?? Create(task);
        var trusted = await TrustedAsync(task, cancellation);
        var asked = Annotation(task.Cluster, ClusterNames.RotateAuthorityAnnotation);

        // Where certificates are in use whose CA is lost, the new one is made known before it issues: they are valid until then.
        return (trusted.Count > 0 ? new Announced(null, trusted, authority, null) : new Settled(authority), asked);
    }

    /// <summary>The CAs that the holders of certificates trust, without the Secret of the CA.</summary>
    private async Task<IReadOnlyList<string>> TrustedAsync(ClusterTask task, CancellationToken cancellation)
    {
        var trusted = new List<string>();
        foreach (var role in CertificateRoles.All)
        {
            var secret = await secrets.ReadAsync(new ObjectName(task.Names.Namespace, task.Names.TlsSecret(role)), cancellation);
            if (LeafSecret.Read(secret) is null)
                continue;
            try
            {
                trusted.AddRange(Authority.Split(AuthoritySecret.Text(secret!, LeafSecret.Bundle) ?? ""));
            }
            catch (CryptographicException)
            {
                // Nobody can use it as it is.
            }
        }
        return [.. trusted.Distinct()];
    }

    /// <summary>Begins the change to another CA where it is time for one.</summary>
    private async Task<(TrustStep Step, string Asked)> BeginAsync(ClusterTask task, TrustStep step, Authority? supplied, string asked, CancellationToken cancellation)
    {
        if (step is not Settled settled)
            return (step, asked);
        if (task.Spec.Security.Tls == "secret")
        {
            if (supplied is null || supplied.Certificate == settled.Issuer.Certificate)
                return (step, asked);
            await task.TellAsync("AuthorityAnnounced", $"Secret {task.Spec.Security.SecretRef} has another CA: it is trusted from now on beside the one before", cancellation);
            return (Begin(settled, supplied), asked);
        }
        var request = Annotation(task.Cluster, ClusterNames.RotateAuthorityAnnotation);
        var isAsked = request.Length > 0 && request != asked;
        if (!isAsked && !settled.Issuer.IsDue(clock.GetUtcNow()))
            return (step, asked);
        var why = isAsked ? "it was asked for" : $"the CA is valid until {LeafSecret.Date(settled.Issuer.Until)}";
        await task.TellAsync("AuthorityAnnounced", $"A new CA is made, because {why}: it is trusted from now on beside the one before", cancellation);
        return (Begin(settled, Create(task)), isAsked ? request : asked);
    }

    /// <summary>What an expired CA has issued is accepted nowhere: there is nothing left to go about gently.</summary>
    private TrustStep Begin(Settled settled, Authority next) =>
        settled.Issuer.Until > clock.GetUtcNow() ? settled.Announce(next) : new Replaced(next, [settled.Issuer.Certificate], null);

    private async Task<Leaf> EnsureLeafAsync(ClusterTask task, CertificateRole role, TrustStep step, CancellationToken cancellation)
    {
        var names = task.Names;
        var now = clock.GetUtcNow();
        var live = await secrets.ReadAsync(new ObjectName(names.Namespace, names.TlsSecret(role)), cancellation);
        var request = Annotation(task.Cluster, ClusterNames.RotateCertificatesAnnotation);
        var leaf = LeafSecret.Read(live);
        var why = LeafSecret.WhyAnother(live, leaf, role, step, request, now);
        var met = why is null ? AuthoritySecret.Annotation(live!, ClusterNames.RotateCertificatesAnnotation) ?? "" : request;
        if (why is not null)
            leaf = step.Issuing.Issue(role, names.Cluster, now, options.Lifetime);
        await EnsureAsync(task, LeafSecret.Build(names, role, leaf!, step.Bundle, met), cancellation);
        if (why is not null)
            await task.TellAsync("CertificateIssued", $"Secret {names.TlsSecret(role)} has a certificate that is valid until {LeafSecret.Date(leaf!.Until)}: {why}", cancellation);
        return leaf!;
    }

    private Task<V1Secret> EnsureAsync(ClusterTask task, V1Secret desired, CancellationToken cancellation) => task.EnsureAsync(desired, secrets.Known, cancellation);

    private Authority Create(ClusterTask task) => Authority.Create(task.Names.Cluster, clock.GetUtcNow(), options.AuthorityLifetime);

    private static Task TellAsync(ClusterTask task, TrustStep next, CancellationToken cancellation) => next is Replaced
        ? task.TellAsync("AuthorityReplaced", "The new CA is known everywhere: certificates are issued by it from now on", cancellation)
        : task.TellAsync("AuthoritySettled", "Nobody uses a certificate of the CA before any more: it is not trusted from now on", cancellation);

    private static string Annotation(SealFsCluster cluster, string name) => cluster.Metadata.Annotations?.TryGetValue(name, out var value) == true ? value : "";

    private static CertificatesStatus Status(TrustStep step, IEnumerable<Leaf> leaves) => new()
    {
        AuthorityExpires = Time(step.Issuing.Until),
        Expire = Time(leaves.Min(leaf => leaf.Until)),
        Rotation = step.Name,
    };

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
