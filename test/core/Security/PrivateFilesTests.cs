using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using SealFs.Core.Security;
using Xunit;

namespace SealFs.Core.Tests.Security;

[SupportedOSPlatform("linux")]
public sealed partial class PrivateFilesTests : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Open = Private | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly string _directory = Directory.CreateTempSubdirectory("sealfs-private-").FullName;

    private string Store => Path.Combine(_directory, "store");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_missing_directory_is_made_for_its_owner_alone()
    {
        PrivateFiles.PrepareDirectory(Store);
        Assert.Equal(Private, File.GetUnixFileMode(Store));
    }

    [Theory]
    [InlineData("")]
    [InlineData("lost+found")]
    public void An_empty_directory_is_narrowed(string entry)
    {
        Directory.CreateDirectory(Path.Combine(Store, entry));
        File.SetUnixFileMode(Store, Open);
        PrivateFiles.PrepareDirectory(Store);
        Assert.Equal(Private, File.GetUnixFileMode(Store));
    }

    [Fact]
    public void A_directory_with_contents_that_others_can_enter_is_refused_with_the_remedy()
    {
        Directory.CreateDirectory(Store);
        File.WriteAllText(Path.Combine(Store, "manager.db"), "a key");
        File.SetUnixFileMode(Store, Open);
        var refusal = Assert.Throws<UnauthorizedAccessException>(() => PrivateFiles.PrepareDirectory(Store));
        Assert.Contains($"has mode 0755", refusal.Message, StringComparison.Ordinal);
        Assert.Contains($"'chmod 700 {Store}'", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(Open, File.GetUnixFileMode(Store));

        File.SetUnixFileMode(Store, Private);
        PrivateFiles.PrepareDirectory(Store);
    }

    /// <summary>As the kubelet leaves a directory of a volume with fsGroup.</summary>
    [Fact]
    public void What_only_the_group_may_enter_is_narrowed_and_keeps_its_set_group_id()
    {
        Directory.CreateDirectory(Store);
        File.WriteAllText(Path.Combine(Store, "manager.db"), "a key");
        File.SetUnixFileMode(Store, Private | UnixFileMode.SetGroup | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute);
        PrivateFiles.PrepareDirectory(Store);
        Assert.Equal(Private | UnixFileMode.SetGroup, File.GetUnixFileMode(Store));
    }

    [Fact]
    public void A_directory_of_another_user_is_refused()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "giving a directory away needs root");
        Directory.CreateDirectory(Store);
        File.SetUnixFileMode(Store, Private);
        Assert.Equal(0, chown(Store, 12_345, 12_345));
        foreach (var prepare in new Action<string>[] { PrivateFiles.PrepareDirectory, PrivateFiles.PrepareRuntimeDirectory })
        {
            var refusal = Assert.Throws<UnauthorizedAccessException>(() => prepare(Store));
            Assert.Contains("belongs to user 12345", refusal.Message, StringComparison.Ordinal);
            Assert.Contains($"'chown 0 {Store}'", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_runtime_directory_is_narrowed_whatever_it_has()
    {
        Directory.CreateDirectory(Store);
        File.WriteAllText(Path.Combine(Store, "mount.json"), "{}");
        File.SetUnixFileMode(Store, Open);
        PrivateFiles.PrepareRuntimeDirectory(Store);
        Assert.Equal(Private, File.GetUnixFileMode(Store));
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chown(string path, uint user, uint group);
}
