using System.Text.Json;
using System.Text.Json.Nodes;
using SealFs.Core.Security;
using Xunit;

namespace SealFs.Cli.Tests;

public sealed class CertificateTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("sealfs-certificates-").FullName;

    private string Authority => Path.Combine(_directory, "ca");

    [Fact]
    public async Task What_is_issued_can_be_used_and_shown()
    {
        await CreateAsync();
        foreach (var role in CertificateRoles.All)
        {
            await IssueAsync(role.Text());
            var credentials = FileCredentials.Open(new CredentialFiles(Tls(role.Text())), [role]).Current!;
            Assert.Equal(new CertificateIdentity(role, "x"), credentials.Identity);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Tls(role.Text()), "tls.key")));
        }
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Authority, "ca.key")));
        Assert.Equal(["ca.crt", "ca.key"], Directory.GetFiles(Authority).Select(Path.GetFileName).Order());

        var shown = await RunAsync(0, "certificates", "show", "--dir", Tls("node"), "--output", "json");
        var certificates = JsonNode.Parse(shown.Output)!["certificates"]!.AsArray();
        Assert.Equal("node x", (string?)certificates[0]!["holder"]);
        Assert.Equal("node", (string?)certificates[0]!["role"]);
        Assert.Equal(90, (certificates[0]!["expiresAt"].Deserialize<DateTimeOffset>() - DateTimeOffset.UtcNow).TotalDays, 0.1);
        Assert.Contains("CN=photos", (string?)certificates[1]!["holder"], StringComparison.Ordinal);
        Assert.Contains("node x", (await RunAsync(0, "certificates", "show", "--dir", Tls("node"))).Output, StringComparison.Ordinal);
        await RunAsync(0, "certificates", "show", "--dir", Authority);
    }

    [Fact]
    public async Task Show_tells_what_has_expired_or_does_not_fit()
    {
        await CreateAsync();
        await IssueAsync("client");
        await RunAsync(0, "certificates", "show", "--dir", Tls("client"), "--within", "2100h");
        Assert.Contains("'client x' in tls.crt expires at", (await RunAsync(1, "certificates", "show", "--dir", Tls("client"), "--within", "2200h")).Output, StringComparison.Ordinal);

        File.Copy(Path.Combine(Authority, "ca.key"), Path.Combine(Tls("client"), "tls.key"), overwrite: true);
        Assert.Contains("not the key", (await RunAsync(1, "certificates", "show", "--dir", Tls("client"))).Output, StringComparison.Ordinal);
        Assert.Contains("no certificate", (await RunAsync(4, "certificates", "show", "--dir", _directory)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Issuing_again_replaces_the_certificate_of_the_same_holder_alone()
    {
        await CreateAsync();
        await IssueAsync("client");
        var first = await File.ReadAllTextAsync(Path.Combine(Tls("client"), "tls.key"));
        await IssueAsync("client");
        Assert.NotEqual(first, await File.ReadAllTextAsync(Path.Combine(Tls("client"), "tls.key")));
        Assert.Equal(3, Directory.GetFiles(Tls("client")).Length);
        var other = await RunAsync(5, "certificates", "issue", "--ca", Authority, "--role", "admin", "--name", "x", "--dir", Tls("client"));
        Assert.Contains("is the certificate of 'client x', not of 'admin x'", other.Error, StringComparison.Ordinal);
        Assert.Contains("already", (await RunAsync(5, "certificates", "create-ca", "--dir", Authority)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_cannot_write_into_a_directory_at_the_same_time()
    {
        await CreateAsync();
        await IssueAsync("client");
        using (new FileStream(Path.Combine(Tls("client"), ".replacing"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
            await RunAsync(7, "certificates", "issue", "--ca", Authority, "--role", "client", "--name", "x", "--dir", Tls("client"));
        await IssueAsync("client");
        Assert.False(File.Exists(Path.Combine(Tls("client"), ".replacing")));
    }

    [Fact]
    public async Task Authorities_that_stand_beside_the_own_are_handed_out()
    {
        await CreateAsync();
        var own = await File.ReadAllTextAsync(Path.Combine(Authority, "ca.crt"));
        using var other = ClusterAuthority.Create("next", DateTimeOffset.UtcNow, TimeSpan.FromDays(10));
        await File.WriteAllTextAsync(Path.Combine(Authority, "ca.crt"), other.CertificatePem + own);
        await IssueAsync("node");
        Assert.Equal(other.CertificatePem + own, await File.ReadAllTextAsync(Path.Combine(Tls("node"), "ca.crt")));
    }

    [Theory]
    [InlineData("--role node --name x", 64, "--ca is missing")]
    [InlineData("--ca CA --name x", 64, "--role is missing")]
    [InlineData("--ca CA --role root --name x", 64, "'root' is not one of manager, node, client, admin")]
    [InlineData("--ca CA --role node", 64, "--name is missing")]
    [InlineData("--ca CA --role node --name x --volumes photos", 64, "--volumes is for the role client")]
    [InlineData("--ca CA --role client --name x --volumes Photos", 64, "'Photos' is no volume")]
    [InlineData("--ca CA --role node --name x --days 0", 64, "'0' is not a number above 0")]
    [InlineData("--ca /nowhere --role node --name x", 4, "There is no authority in /nowhere")]
    public async Task Requests_that_cannot_be_granted_say_why(string options, int exitCode, string reason)
    {
        await CreateAsync();
        var arguments = options.Replace("CA", Authority, StringComparison.Ordinal).Split(' ');
        var outcome = await RunAsync(exitCode, ["certificates", "issue", "--dir", Tls("x"), .. arguments]);
        Assert.Contains(reason, outcome.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Tls("x")));
    }

    [Fact]
    public async Task A_command_whose_certificates_cannot_be_used_says_so_before_it_asks_anybody()
    {
        await CreateAsync();
        await IssueAsync("node");
        Assert.Contains("ca.crt is missing", (await RunAsync(64, "volume", "list", "--tls-dir", _directory)).Error, StringComparison.Ordinal);
        Assert.Contains("the role admin or client is needed", (await RunAsync(64, "volume", "list", "--tls-dir", Tls("node"))).Error, StringComparison.Ordinal);
        Assert.Contains("the role client or admin is needed", (await RunAsync(64, "mount", "v", _directory, "--foreground", "--tls-dir", Tls("node"))).Error, StringComparison.Ordinal);
        Assert.Contains(
            "the role manager is needed",
            (await RunAsync(64, "manager", "--data-dir", Path.Combine(_directory, "m"), "--listen", "0", "--metrics-port", "off", "--tls-dir", Tls("node"))).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_manager_that_speaks_no_TLS_is_named_as_that()
    {
        await CreateAsync();
        await IssueAsync("admin");
        await using var manager = await ScriptedManager.StartAsync();
        var outcome = await RunAsync(6, "cluster", "status", "--manager", manager.Address, "--tls-dir", Tls("admin"));
        Assert.Contains($"{manager.Address}: what answers there does not speak TLS", outcome.Error, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string Tls(string name) => Path.Combine(_directory, name);

    private Task<ProcessOutcome> CreateAsync() => RunAsync(0, "certificates", "create-ca", "--dir", Authority, "--name", "photos");

    private Task<ProcessOutcome> IssueAsync(string role) => RunAsync(0, "certificates", "issue", "--ca", Authority, "--role", role, "--name", "x", "--dir", Tls(role));

    private static async Task<ProcessOutcome> RunAsync(int exitCode, params string[] arguments)
    {
        var outcome = await SealFsProcess.RunAsync(arguments);
        Assert.True(outcome.ExitCode == exitCode, $"sealfs {string.Join(' ', arguments)} ended with {outcome.ExitCode}: {outcome.Output}{outcome.Error}");
        return outcome;
    }
}
