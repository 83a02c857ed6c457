using Xunit;

namespace SealFs.Cli.Tests;

/// <summary>Flags, environment and file, in this order. Seen by the address that a command complains about.</summary>
public sealed class SettingsTests : IDisposable
{
    private static readonly string[] s_list = ["volume", "list"];

    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task A_flag_wins_over_everything()
    {
        File.WriteAllText(_file, "manager: 127.0.0.1:3\n");
        var outcome = await SealFsProcess.RunAsync(
            [.. s_list, "--manager", "127.0.0.1:1"], ("SEALFS_MANAGER", "127.0.0.1:2"), ("SEALFS_CONFIG", _file));
        Assert.Contains("127.0.0.1:1", outcome.Error);
    }

    [Fact]
    public async Task The_environment_wins_over_the_file()
    {
        File.WriteAllText(_file, "manager: 127.0.0.1:3\n");
        var outcome = await SealFsProcess.RunAsync(s_list, ("SEALFS_MANAGER", "127.0.0.1:2"), ("SEALFS_CONFIG", _file));
        Assert.Contains("127.0.0.1:2", outcome.Error);
    }

    [Fact]
    public async Task A_section_of_the_file_wins_over_its_top()
    {
        File.WriteAllText(_file, "manager: 127.0.0.1:3\ncommands:\n  volume list:\n    manager: 127.0.0.1:4\n");
        Assert.Contains("127.0.0.1:4", (await SealFsProcess.RunAsync([.. s_list, "--config", _file])).Error);
        Assert.Contains("127.0.0.1:3", (await SealFsProcess.RunAsync(["volume", "show", "v", "--config", _file])).Error);
    }

    [Theory]
    [InlineData("manger: 127.0.0.1:3\n", "manger")]
    [InlineData("manager:\n  a: b\n", "manager")]
    [InlineData("- a\n", "mapping")]
    [InlineData("a: [\n", "Configuration file")]
    public async Task A_file_that_is_wrong_is_an_error(string text, string word)
    {
        File.WriteAllText(_file, text);
        var outcome = await SealFsProcess.RunAsync([.. s_list, "--config", _file]);
        Assert.Equal(64, outcome.ExitCode);
        Assert.Contains(word, outcome.Error);
    }

    [Fact]
    public async Task A_file_that_was_asked_for_must_be_there()
    {
        var outcome = await SealFsProcess.RunAsync([.. s_list, "--config", "/nowhere/config.yaml"]);
        Assert.Equal(64, outcome.ExitCode);
    }

    [Fact]
    public async Task A_wrong_value_names_where_it_came_from()
    {
        var outcome = await SealFsProcess.RunAsync(["volume", "create", "v"], ("SEALFS_SIZE", "big"));
        Assert.Equal(64, outcome.ExitCode);
        Assert.Contains("SEALFS_SIZE", outcome.Error);
    }
}
