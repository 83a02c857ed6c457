using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using SealFs.Core.Security;
using SealFs.Testing;
using Xunit;

namespace SealFs.Core.Tests.Security;

public sealed class FileCredentialsTests : IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("sealfs-credentials-").FullName;
    private readonly ClusterAuthority _authority;
    private readonly RememberingLogger _log = new();

    public FileCredentialsTests() => _authority = ClusterAuthority.Create("photos", _clock.GetUtcNow(), TimeSpan.FromDays(100));

    [Fact]
    public void They_are_read_again_when_the_kubelet_switches_its_link()
    {
        WriteVersion("..1", "first");
        Directory.CreateSymbolicLink(Path.Combine(_directory, "..data"), "..1");
        foreach (var name in new[] { "ca.crt", "tls.crt", "tls.key" })
            File.CreateSymbolicLink(Path.Combine(_directory, name), Path.Combine("..data", name));
        var source = Open();
        var first = source.Current;
        Assert.Equal("first", first!.Identity.Name);

        WriteVersion("..2", "second");
        File.Delete(Path.Combine(_directory, "..data"));
        Directory.CreateSymbolicLink(Path.Combine(_directory, "..data"), "..2");
        Assert.Same(first, source.Current);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("second", source.Current!.Identity.Name);
        Assert.Contains(_log.Lines, line => line.StartsWith("Information New credentials", StringComparison.Ordinal) && line.Contains("second", StringComparison.Ordinal));
        Assert.DoesNotContain(_log.Lines, line => line.Contains("PRIVATE", StringComparison.Ordinal));
    }

    [Fact]
    public void The_same_files_are_the_same_credentials()
    {
        Write(_directory, "", CertificateRole.Node, "a");
        var source = Open();
        var first = source.Current;
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Same(first, source.Current);
        Assert.Empty(_log.Lines);
    }

    [Theory]
    [InlineData("half")]
    [InlineData("half of the authorities")]
    [InlineData("other key")]
    [InlineData("missing")]
    [InlineData("other authority")]
    [InlineData("other role")]
    public void What_cannot_be_used_leaves_the_earlier_ones_and_is_logged_once(string damage)
    {
        Write(_directory, "", CertificateRole.Node, "good");
        var source = Open();
        var good = source.Current;
        Damage(damage);
        for (var look = 0; look < 3; look++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            Assert.Same(good, source.Current);
        }
        Assert.StartsWith("Warning The credentials have changed and cannot be used", Assert.Single(_log.Lines), StringComparison.Ordinal);

        Write(_directory, "", CertificateRole.Node, "better");
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("better", source.Current!.Identity.Name);
    }

    [Theory]
    [InlineData("half", "damaged")]
    [InlineData("half of the authorities", "ca.crt is damaged: of 2 certificates in it 1 can be read")]
    [InlineData("other key", "tls.key is not the key of tls.crt")]
    [InlineData("missing", "tls.key is missing")]
    [InlineData("other authority", "does not fit ca.crt")]
    [InlineData("other role", "'client x', and the role node is needed")]
    public void Files_that_cannot_be_used_at_the_start_are_refused_with_the_reason(string damage, string reason)
    {
        Write(_directory, "", CertificateRole.Node, "good");
        Damage(damage);
        var refusal = Assert.Throws<CredentialException>(Open);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(_directory, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_files_there_is_no_start() =>
        Assert.Contains("ca.crt is missing", Assert.Throws<CredentialException>(Open).Message, StringComparison.Ordinal);

    [Fact]
    public void Expired_ones_are_taken_and_logged()
    {
        Write(_directory, "", CertificateRole.Node, "old");
        _clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal("old", Open().Current!.Identity.Name);
        Assert.StartsWith("Error", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void Expiry_is_logged_once_when_it_comes()
    {
        Write(_directory, "", CertificateRole.Node, "old");
        var source = Open();
        for (var hour = 0; hour < 30; hour++)
        {
            Assert.Equal(hour < 24 ? 0 : 1, _log.Lines.Count);
            _clock.Advance(TimeSpan.FromHours(1));
            Assert.NotNull(source.Current);
        }
        Assert.StartsWith("Error The certificate in", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_several_clusters_each_has_its_own_and_a_cluster_without_any_is_spoken_to_in_cleartext()
    {
        Write(_directory, CredentialFiles.PrefixOf("photos-manager.storage:7400"), CertificateRole.Client, "photos");
        Write(_directory, CredentialFiles.PrefixOf("[fd00::1]:7400"), CertificateRole.Client, "six");
        Assert.Equal("photos", ForManagers("photos-manager.storage:7400").Current!.Identity.Name);
        Assert.Equal("photos", ForManagers("unknown:1", "http://Photos-Manager.storage:7400").Current!.Identity.Name);
        Assert.Equal("six", ForManagers("[fd00::1]:7400").Current!.Identity.Name);
        Assert.Null(ForManagers("photos-manager.storage:7401").Current);
        Assert.Null(ForManagers("manager.storage:7400").Current);
    }

    [Fact]
    public void Files_that_come_and_go_later_are_noticed()
    {
        var source = ForManagers("photos:7400");
        Assert.Null(source.Current);
        Write(_directory, "photos.7400.", CertificateRole.Client, "photos");
        Assert.Null(source.Current);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.NotNull(source.Current);
        foreach (var file in Directory.GetFiles(_directory))
            File.Delete(file);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(source.Current);
    }

    [Fact]
    public void A_set_that_is_not_complete_is_no_reason_for_cleartext()
    {
        Write(_directory, "photos.7400.", CertificateRole.Client, "photos");
        File.Delete(Path.Combine(_directory, "photos.7400.tls.key"));
        var source = ForManagers("photos:7400");
        Assert.Contains("photos.7400.tls.key is missing", Assert.Throws<CredentialException>(() => source.Current).Message, StringComparison.Ordinal);
        Write(_directory, "photos.7400.", CertificateRole.Client, "photos");
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.NotNull(source.Current);
    }

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private FileCredentials Open() => FileCredentials.Open(new CredentialFiles(_directory), [CertificateRole.Node], _clock, _log);

    private FileCredentials ForManagers(params string[] managers) => FileCredentials.ForManagers(_directory, managers, [CertificateRole.Client], _clock, _log);

    private void WriteVersion(string version, string name)
    {
        Directory.CreateDirectory(Path.Combine(_directory, version));
        Write(Path.Combine(_directory, version), "", CertificateRole.Node, name);
    }

    private void Write(string directory, string prefix, CertificateRole role, string name)
    {
        var issued = _authority.Issue(new CertificateIdentity(role, name), _clock.GetUtcNow(), TimeSpan.FromDays(1));
        var files = new CredentialFiles(directory, prefix);
        File.WriteAllText(files.AuthorityPath, _authority.CertificatePem);
        File.WriteAllText(files.CertificatePath, issued.CertificatePem);
        File.WriteAllText(files.KeyPath, issued.KeyPem);
    }

    private void Damage(string damage)
    {
        var files = new CredentialFiles(_directory);
        switch (damage)
        {
            case "half":
                File.WriteAllText(files.CertificatePath, File.ReadAllText(files.CertificatePath)[..300] + "\n-----END CERTIFICATE-----\n");
                break;
            case "half of the authorities":
                File.AppendAllText(files.AuthorityPath, _authority.CertificatePem[..300]);
                break;
            case "other key":
                File.WriteAllText(files.KeyPath, _authority.ExportKeyPem());
                break;
            case "missing":
                File.Delete(files.KeyPath);
                break;
            case "other authority":
                using (var other = ClusterAuthority.Create("photos", _clock.GetUtcNow(), TimeSpan.FromDays(1)))
                    File.WriteAllText(files.AuthorityPath, other.CertificatePem);
                break;
            default:
                Write(_directory, "", CertificateRole.Client, "x");
                break;
        }
    }

    private sealed class RememberingLogger : ILogger<FileCredentials>
    {
        private readonly ConcurrentQueue<string> _lines = [];

        public ConcurrentQueue<string> Lines => _lines;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue($"{logLevel} {formatter(state, exception)}");
    }
}
