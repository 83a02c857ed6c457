using Grpc.Core;
using SealFs.Cli.Mounts;
using SealFs.Core.Security;
using SealFs.CsiDriver.Protocol;
using SealFs.Manager;

namespace SealFs.CsiDriver.Tests.Controller;

/// <summary>A manager that speaks TLS, and a controller with a directory of credentials as a Secret would be mounted.</summary>
public sealed class TlsTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("sealfs-csi-tls-").FullName;
    private readonly ClusterAuthority _authority = ClusterAuthority.Create("test", DateTimeOffset.UtcNow, TimeSpan.FromDays(1));
    private ManagerHost _manager = null!;
    private CsiDriverHost _driver = null!;
    private CsiSocket _csi = null!;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Credentials);
        _manager = await ManagerHost.StartAsync(new ManagerOptions
        {
            DataDirectory = Path.Combine(_directory, "manager"),
            Port = 0,
            MetricsPort = -1,
            Credentials = new HeldCredentials(Issue(_authority, CertificateRole.Manager).Credentials),
        });
        var options = new CsiDriverOptions
        {
            Mode = CsiMode.Controller,
            SocketPath = Path.Combine(_directory, "csi.sock"),
            Managers = [_manager.Address],
            TlsClustersDirectory = Credentials,
            ApplyMountFlag = MountOptionParser.Apply,
        };
        _driver = await CsiDriverHost.StartAsync(options);
        _csi = new CsiSocket(options.SocketPath);
    }

    public async ValueTask DisposeAsync()
    {
        _csi.Dispose();
        await _driver.DisposeAsync();
        await _manager.DisposeAsync();
        _authority.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private string Credentials => Path.Combine(_directory, "tls");

    [Fact]
    public async Task A_manager_with_TLS_is_spoken_to_with_the_files_for_its_address_which_may_come_later()
    {
        var refusal = await CsiSocket.RefusedAsync(StatusCode.Unavailable, Delete());
        Assert.Contains("TLS", refusal, StringComparison.Ordinal);
        Assert.Contains("--tls-clusters-dir", refusal, StringComparison.Ordinal);
        Write(_authority, CertificateRole.Admin);
        await UntilAsync(reason => reason.Length == 0);
    }

    [Fact]
    public async Task A_certificate_of_another_role_is_named()
    {
        Write(_authority, CertificateRole.Client);
        var refusal = await UntilAsync(reason => reason.Contains("client", StringComparison.Ordinal));
        Assert.Contains("admin", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_CA_that_is_not_the_managers_is_told()
    {
        using var other = ClusterAuthority.Create("other", DateTimeOffset.UtcNow, TimeSpan.FromDays(1));
        Write(other, CertificateRole.Admin);
        var refusal = await UntilAsync(reason => reason.Contains("certificate", StringComparison.Ordinal));
        Assert.Contains(_manager.Address, refusal, StringComparison.Ordinal);
    }

    private AsyncUnaryCall<DeleteVolumeResponse> Delete() => _csi.Controller.DeleteVolumeAsync(new DeleteVolumeRequest { VolumeId = "nobody" });

    /// <summary>Files are looked at again at most once a second.</summary>
    private async Task<string> UntilAsync(Func<string, bool> isThis)
    {
        var end = DateTime.UtcNow.AddSeconds(60);
        while (true)
        {
            var reason = await ReasonAsync();
            if (isThis(reason))
                return reason;
            if (DateTime.UtcNow > end)
                throw new TimeoutException($"not within a minute; at last: {reason}");
            await Task.Delay(50);
        }
    }

    private async Task<string> ReasonAsync()
    {
        try
        {
            await Delete();
            return "";
        }
        catch (RpcException refusal)
        {
            return refusal.Status.Detail;
        }
    }

    private void Write(ClusterAuthority authority, CertificateRole role)
    {
        var (issued, _) = Issue(authority, role);
        var prefix = Path.Combine(Credentials, CredentialFiles.PrefixOf(_manager.Address));
        File.WriteAllText(prefix + CredentialFiles.AuthorityName, authority.CertificatePem);
        File.WriteAllText(prefix + CredentialFiles.CertificateName, issued.CertificatePem);
        File.WriteAllText(prefix + CredentialFiles.KeyName, issued.KeyPem);
    }

    private static (IssuedCertificate Issued, Core.Security.Credentials Credentials) Issue(ClusterAuthority authority, CertificateRole role)
    {
        var issued = authority.Issue(new CertificateIdentity(role, "test"), DateTimeOffset.UtcNow, TimeSpan.FromHours(1));
        return (issued, Core.Security.Credentials.FromPem(authority.CertificatePem, issued.CertificatePem, issued.KeyPem, "test"));
    }
}
