using System.Diagnostics;
using SealFs.CsiDriver.Node;

namespace SealFs.CsiDriver.Tests.Node;

/// <summary>A pod's fsGroup: what the volume holds is usable for the group at once.</summary>
public sealed class GroupTests(NodeMachine machine) : IClassFixture<NodeMachine>
{
    [Fact]
    public async Task Everything_in_the_volume_is_the_groups_without_anybody_walking_through_it()
    {
        var volume = await machine.CreateVolumeAsync("grouped");
        var staging = await machine.StageAsync(volume);
        Directory.CreateDirectory(Path.Combine(staging, "old"));
        await File.WriteAllTextAsync(Path.Combine(staging, "old", "file"), "before", TestContext.Current.CancellationToken);
        await machine.UnstageAsync(volume, staging);

        var grouped = await machine.StageAsync(volume, Capability.Mount(group: "4321"), staging);
        Assert.Equal("root 4321 drwxrwsr-x", Stat(grouped));
        Assert.Equal("root 4321 -rw-rw-r--", Stat(Path.Combine(grouped, "old", "file")));

        // A process of another user in the group may change all of it, and what it makes is the group's.
        Run("setpriv", "--reuid=1234", "--regid=1234", "--groups=4321", "sh", "-c", $"cd '{grouped}' && echo after >> old/file && mkdir new && echo x > new/file && chmod 600 new/file && chmod 700 new");
        Assert.Equal("1234 4321 -rw-------", Stat(Path.Combine(grouped, "new", "file"), numeric: true));
        Assert.Equal("1234 4321 drwx--S---", Stat(Path.Combine(grouped, "new"), numeric: true));
        await machine.UnstageAsync(volume, staging);
    }

    [Fact]
    public async Task Pods_with_different_groups_on_one_machine_see_their_own()
    {
        var volume = await machine.CreateVolumeAsync("two-groups");
        var staging = await machine.StageAsync(volume, Capability.Mount(group: "5001"));
        var first = await machine.PublishAsync(volume, staging, Capability.Mount(group: "5001"));
        var second = await machine.PublishAsync(volume, staging, Capability.Mount(group: "5002"));
        await machine.PublishAsync(volume, staging, Capability.Mount(group: "5002"), path: second);
        Assert.StartsWith("root 5001", Stat(first), StringComparison.Ordinal);
        Assert.StartsWith("root 5002", Stat(second), StringComparison.Ordinal);
        await machine.UnpublishAsync(volume, second);
        await machine.UnpublishAsync(volume, first);
        await machine.UnstageAsync(volume, staging);
        Assert.DoesNotContain(MountEntry.ReadAll(), entry => entry.Source == volume);
        Assert.Equal(0U, await machine.SessionsAsync(volume));
    }

    private static string Stat(string path, bool numeric = false) => Run("stat", "-c", numeric ? "%u %g %A" : "%U %g %A", path).Trim();

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error.Result);
        return output;
    }
}
