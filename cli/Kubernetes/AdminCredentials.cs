using System.Net;
using System.Text;
using System.Text.Json;
using k8s;
using k8s.Autorest;
using k8s.Models;
using SealFs.Core.Security;
using SealFs.Operator.Api;

namespace SealFs.Cli.Kubernetes;

/// <summary>With what a command shows itself to the manager of a SealFsCluster: the admin certificate that the operator keeps in a Secret beside it.</summary>
internal static class AdminCredentials
{
    /// <returns>Null for a cluster without TLS.</returns>
    /// <exception cref="CommandFailure">It cannot be read, or not be used.</exception>
    public static async Task<ICredentialSource?> ReadAsync(IKubernetes client, string space, string cluster, CancellationToken cancellation)
    {
        var name = $"{cluster}-{CertificateRole.Admin.Text()}-tls";
        try
        {
            var secret = await client.CoreV1.ReadNamespacedSecretAsync(name, space, cancellationToken: cancellation);
            return new HeldCredentials(Credentials.FromPem(
                Text(secret, CredentialFiles.AuthorityName), Text(secret, CredentialFiles.CertificateName), Text(secret, CredentialFiles.KeyName), $"Secret {space}/{name}"));
        }
        catch (HttpOperationException problem) when (problem.Response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
        catch (HttpOperationException problem) when (problem.Response.StatusCode == HttpStatusCode.Forbidden)
        {
            // Who may not read Secrets is forbidden to read one that does not exist, too.
            return await IsWithoutTlsAsync(client, space, cluster, cancellation)
                ? null : throw new CommandFailure(ExitCode.Refused, $"The certificate for the manager is in Secret {space}/{name}, and the API server forbids to read it: the right to get it is needed.", problem);
        }
        catch (CredentialException problem)
        {
            throw new CommandFailure(ExitCode.Failed, problem.Message, problem);
        }
        catch (Exception problem) when (problem is HttpOperationException or HttpRequestException)
        {
            throw new CommandFailure(ExitCode.Unreachable, $"Secret {space}/{name} cannot be read: {KubernetesAccess.Describe(problem)}", problem);
        }
    }

    private static async Task<bool> IsWithoutTlsAsync(IKubernetes client, string space, string cluster, CancellationToken cancellation)
    {
        try
        {
            var found = (JsonElement)await client.CustomObjects.GetNamespacedCustomObjectAsync(
                SealFsCluster.ApiGroup, SealFsCluster.Version, space, SealFsCluster.Plural, cluster, cancellation);
            return found.GetProperty("spec").TryGetProperty("security", out var security) && security.TryGetProperty("tls", out var tls) && tls.GetString() == "none";
        }
        catch (Exception problem) when (problem is HttpOperationException or HttpRequestException)
        {
            return false;
        }
    }

    private static string Text(V1Secret secret, string key) => secret.Data?.TryGetValue(key, out var bytes) == true ? Encoding.UTF8.GetString(bytes) : "";
}
