using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Client.Mountd;
using SealFs.Client.Mountd.V1;
using SealFs.Client.Tests.Mounts;
using SealFs.Core.Control;
using SealFs.Core.Security;
using SealFs.CsiDriver.Node;
using SealFs.CsiDriver.Tests.Node;

namespace SealFs.CsiDriver.Tests.Mountd;

/// <summary>mountd and its workers find the certificates for a cluster by the address of its manager.</summary>
public sealed class TlsMountTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("sealfs-mountd-tls-").FullName;
    private readonly ClusterAuthority _authority = ClusterAuthority.Create("test", DateTimeOffset.UtcNow, TimeSpan.FromDays(10));
    private readonly List<SealFsProcess> _processes = [];
    private TestCluster _cluster = null!;

    private string SocketPath => Path.Combine(_directory, "mountd.sock");

    private string MountPoint => Path.Combine(_directory, "mount");

    private string Certificates => Path.Combine(_directory, "certificates");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(MountPoint);
        Directory.CreateDirectory(Certificates);
        _cluster = await TestCluster.StartAsync(nodes: 1, credentials: role => new HeldCredentials(Issue(role)));
    }

    public async ValueTask DisposeAsync()
    {
        if (MountEntry.ReadAll().Any(entry => entry.Path == MountPoint))
            NodeSystem.Detach(MountPoint);
        foreach (var process in _processes)
            await process.DisposeAsync();
        await _cluster.DisposeAsync();
        _authority.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_mount_is_made_with_them_and_goes_on_with_them_under_the_next_mountd()
    {
        WriteCertificates("first");
        var mountd = await StartMountdAsync();
        await using var client = new MountdClient(SocketPath, TimeSpan.FromMinutes(1), NullLoggerFactory.Instance);
        await client.WaitConnectedAsync(Cancellation);
        var options = _cluster.OptionsForMount() with { Directory = MountPoint, ClientName = "with certificates" };
        await client.MountAsync(options, TimeSpan.FromSeconds(30), Cancellation);
        await File.WriteAllTextAsync(Path.Combine(MountPoint, "file"), "hello", Cancellation);

        // What mountd adds for itself is no difference to what was asked for.
        await client.MountAsync(options, TimeSpan.FromSeconds(30), Cancellation);

        await mountd.KillAsync();
        // The same holder with a new key: a session belongs to whom its certificate names.
        WriteCertificates("first");
        mountd = await StartMountdAsync();
        Assert.Equal("hello", await File.ReadAllTextAsync(Path.Combine(MountPoint, "file"), Cancellation));
        using var admin = new ControlClient([_cluster.ManagerAddress], credentials: new HeldCredentials(Issue(CertificateRole.Admin)));
        Assert.Equal("with certificates", Assert.Single(await admin.ListSessionsAsync(TestCluster.Volume, Cancellation)).ClientName);
        await client.WaitConnectedAsync(Cancellation);
        await client.UnmountAsync(MountPoint, TimeSpan.FromSeconds(60), Cancellation);
        Assert.Empty(await admin.ListSessionsAsync(TestCluster.Volume, Cancellation));
        Assert.DoesNotContain("could not be renewed", mountd.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("watch stream", mountd.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_them_the_manager_says_what_is_missing()
    {
        await StartMountdAsync();
        await using var client = new MountdClient(SocketPath, TimeSpan.FromMinutes(1), NullLoggerFactory.Instance);
        await client.WaitConnectedAsync(Cancellation);
        var options = _cluster.OptionsForMount() with { Directory = MountPoint };
        var refusal = await Assert.ThrowsAsync<MountdException>(() => client.MountAsync(options, TimeSpan.FromSeconds(30), Cancellation));
        Assert.Equal(FailureCode.Unavailable, refusal.Code);
        Assert.Contains("cleartext", refusal.Message, StringComparison.Ordinal);

        // They may come later.
        WriteCertificates("late");
        await Waiting.UntilAsync("the mount is made", () => TryMount(client, options));
        await client.UnmountAsync(MountPoint, TimeSpan.FromSeconds(60), Cancellation);
    }

    private static bool TryMount(MountdClient client, Client.MountOptions options)
    {
        try
        {
            client.MountAsync(options, TimeSpan.FromSeconds(30), Cancellation).GetAwaiter().GetResult();
            return true;
        }
        catch (MountdException)
        {
            return false;
        }
    }

    private async Task<SealFsProcess> StartMountdAsync()
    {
        var mountd = SealFsProcess.Start("mountd", "--mountd-socket", SocketPath, "--tls-clusters-dir", Certificates);
        _processes.Add(mountd);
        await Waiting.UntilAsync("mountd is active", () => mountd.Log.Contains("Serving on", StringComparison.Ordinal));
        return mountd;
    }

    private void WriteCertificates(string name)
    {
        var files = new CredentialFiles(Certificates, CredentialFiles.PrefixOf(_cluster.ManagerAddress));
        var issued = _authority.Issue(new CertificateIdentity(CertificateRole.Client, name), DateTimeOffset.UtcNow, TimeSpan.FromDays(1));
        File.WriteAllText(files.AuthorityPath, _authority.CertificatePem);
        File.WriteAllText(files.CertificatePath, issued.CertificatePem);
        File.WriteAllText(files.KeyPath, issued.KeyPem);
    }

    private Credentials Issue(CertificateRole role)
    {
        var issued = _authority.Issue(new CertificateIdentity(role, "test"), DateTimeOffset.UtcNow, TimeSpan.FromDays(1));
        return Credentials.FromPem(_authority.CertificatePem, issued.CertificatePem, issued.KeyPem, "test");
    }
}
