using Xunit;

namespace SealFs.Cli.Tests;

/// <summary>What people and scripts see of the command line: help, errors, exit codes.</summary>
public sealed class CommandLineTests
{
    /// <summary>A port on which nobody listens.</summary>
    private const string Nobody = "127.0.0.1:1";

    [Fact]
    public async Task Version_is_one_line_on_stdout()
    {
        var outcome = await SealFsProcess.RunAsync(["--version"]);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Single(outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Empty(outcome.Error);
    }

    [Theory]
    [InlineData("up")]
    [InlineData("down")]
    [InlineData("mount")]
    [InlineData("umount")]
    [InlineData("sync")]
    [InlineData("manager")]
    [InlineData("node")]
    [InlineData("volume create")]
    [InlineData("volume list")]
    [InlineData("volume show")]
    [InlineData("volume resize")]
    [InlineData("volume delete")]
    [InlineData("cluster status")]
    [InlineData("cluster nodes")]
    [InlineData("cluster map")]
    [InlineData("cluster moves")]
    [InlineData("cluster move")]
    [InlineData("cluster cancel-move")]
    [InlineData("cluster drain")]
    [InlineData("cluster remove")]
    [InlineData("cluster maintenance")]
    [InlineData("cluster safe")]
    [InlineData("cluster rebalance")]
    [InlineData("cluster balance")]
    [InlineData("fsck")]
    [InlineData("bench")]
    [InlineData("certificates create-ca")]
    [InlineData("certificates issue")]
    [InlineData("certificates show")]
    public async Task Every_command_teaches_by_examples(string command)
    {
        var outcome = await SealFsProcess.RunAsync([.. command.Split(' '), "--help"]);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("Examples:", outcome.Output);
        Assert.Contains($"sealfs {command}", outcome.Output);
        Assert.Contains("SEALFS_", outcome.Output);
    }

    [Fact]
    public async Task A_group_without_its_subcommand_shows_help_and_is_an_error()
    {
        var outcome = await SealFsProcess.RunAsync(["volume"]);
        Assert.Equal(64, outcome.ExitCode);
        Assert.Contains("resize", outcome.Output);
    }

    [Theory]
    [InlineData("volume crate", "'crate'")]
    [InlineData("volume list --colour", "'--colour'")]
    [InlineData("mount photos", "DIR")]
    [InlineData("volume create v --size 12Q", "12Q")]
    [InlineData("volume create v --durability maybe", "maybe")]
    [InlineData("volume resize v", "--size")]
    [InlineData("manager --data-dir /nowhere --listen nonsense", "nonsense")]
    [InlineData("manager", "--data-dir")]
    [InlineData("node --data-dir /nowhere", "--metadata-dir")]
    [InlineData("mount v /tmp -o sideways", "sideways")]
    [InlineData("cluster move many node-1", "SHARD")]
    [InlineData("cluster cancel-move first", "ID")]
    [InlineData("cluster drain", "NODE")]
    [InlineData("cluster drain n --cancel --no-wait", "--no-wait")]
    [InlineData("cluster maintenance n", "--for")]
    [InlineData("cluster maintenance n --for 10m --end", "--end")]
    [InlineData("cluster maintenance n --for 25h", "24h")]
    [InlineData("cluster rebalance --by size", "size")]
    [InlineData("cluster balance --mode often", "often")]
    [InlineData("cluster balance --bandwidth -1", "-1")]
    [InlineData("cluster safe n --to fly", "fly")]
    [InlineData("mount v /tmp -o write_buffer=many", "many")]
    public async Task A_wrong_command_line_says_what_is_wrong(string commandLine, string word)
    {
        var outcome = await SealFsProcess.RunAsync(commandLine.Split(' '));
        Assert.Equal(64, outcome.ExitCode);
        Assert.StartsWith("sealfs: ", outcome.Error);
        Assert.Contains(word, outcome.Error);
        Assert.DoesNotContain("   at ", outcome.Error);
        Assert.Empty(outcome.Output);
    }

    [Fact]
    public async Task A_manager_that_cannot_be_reached_has_its_exit_code()
    {
        var outcome = await SealFsProcess.RunAsync(["volume", "list", "--manager", Nobody]);
        Assert.Equal(6, outcome.ExitCode);
        Assert.Contains(Nobody, outcome.Error);
        Assert.Single(outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_check_that_cannot_be_made_is_not_a_finding()
    {
        var outcome = await SealFsProcess.RunAsync(["fsck", "v", "--manager", Nobody]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("could not be checked", outcome.Error);
    }

    [Fact]
    public async Task Down_where_nothing_is_up_is_not_found()
    {
        var outcome = await SealFsProcess.RunAsync(["down", "/tmp/sealfs-nothing-is-here"]);
        Assert.Equal(4, outcome.ExitCode);
    }

    [Fact]
    public async Task Umount_touches_only_its_own_mounts()
    {
        Assert.Equal(7, (await SealFsProcess.RunAsync(["umount", "/proc"])).ExitCode);
        Assert.Equal(4, (await SealFsProcess.RunAsync(["umount", "/proc/self"])).ExitCode);
    }
}
