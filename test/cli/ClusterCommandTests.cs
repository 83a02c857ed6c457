using System.Text.Json;
using SealFs.Core.Control.V1;
using Xunit;

namespace SealFs.Cli.Tests;

/// <summary>What the commands about nodes and moves ask of a manager, what they print, and how they end.</summary>
public sealed class ClusterCommandTests : IAsyncLifetime
{
    private ScriptedManager _manager = null!;

    public async ValueTask InitializeAsync() => _manager = await ScriptedManager.StartAsync();

    public ValueTask DisposeAsync() => _manager.DisposeAsync();

    [Fact]
    public async Task Status_shows_moves_drains_and_unevenness()
    {
        var outcome = await RunAsync("cluster status");
        Assert.Contains("[#####...............]  25 %", outcome.Output);
        Assert.Contains("node-1: [###############.....]  75 %, 32 of 128 shards left (3 MiB), about 3 min 20 s", outcome.Output);
        Assert.Contains("12.5 % by shards, 25 % by bytes", outcome.Output);
        Assert.DoesNotContain(_manager.Asked.OfType<RebalanceRequest>(), request => !request.DryRun);
    }

    [Fact]
    public async Task Status_as_json_has_the_same()
    {
        var status = JsonDocument.Parse((await RunAsync("cluster status --output json")).Output).RootElement;
        Assert.True(status.GetProperty("healthy").GetBoolean());
        Assert.Equal(0.25, status.GetProperty("unevenness").GetProperty("byUsedBytes").GetDouble());
        Assert.Equal("node-1", status.GetProperty("draining")[0].GetProperty("node").GetString());
        Assert.Equal(41, status.GetProperty("moves").GetProperty("longestPauseMs").GetInt32());
        Assert.Equal("drain", status.GetProperty("moves").GetProperty("moves")[0].GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Watching_is_for_terminals()
    {
        var outcome = await _manager.RunAsync("cluster status --watch");
        Assert.Equal(64, outcome.ExitCode);
        Assert.Contains("terminal", outcome.Error);
    }

    [Fact]
    public async Task Nodes_say_what_is_being_done_with_them()
    {
        var outcome = await RunAsync("cluster nodes");
        Assert.Contains("draining (32 left)", outcome.Output);
        Assert.Contains("maintenance (1 h 59 min)", outcome.Output);
        Assert.Contains("1.5", outcome.Output);
    }

    [Fact]
    public async Task Moves_are_listed_those_under_way_first()
    {
        var lines = (await RunAsync("cluster moves")).Output.Split('\n');
        Assert.Matches("^ *7 +17 +node-1 +node-2 +drain +copying .* 4 MiB +12", lines[1]);
        Assert.Matches("^ *8 +18 .* waiting ", lines[2]);
        Assert.Contains("96 moves were completed, 9 MiB copied", lines[3]);
    }

    [Fact]
    public async Task A_move_is_asked_for_and_called_off()
    {
        Assert.Contains("Move 9", (await RunAsync("cluster move 17 node-2")).Output);
        await RunAsync("cluster cancel-move 9");
        Assert.Equal([new MoveShardRequest { Shard = 17, Target = "node-2" }, new CancelMoveRequest { MoveId = 9 }], _manager.Asked);
    }

    [Fact]
    public async Task A_drain_waits_until_the_node_is_empty_also_over_a_manager_that_is_away()
    {
        _manager.Drains.Enqueue(new DrainProgress { ShardsLeft = 1, ShardsAtStart = 2, Problem = "no other node has room" });
        var running = _manager.RunAsync("cluster drain node-1 --output json");
        while (_manager.Asked.Count < 3)
            await Task.Yield();
        _manager.Drains.Enqueue(new DrainProgress { ShardsAtStart = 2, Done = true });
        var outcome = await running;
        Assert.Equal(0, outcome.ExitCode);
        Assert.True(JsonDocument.Parse(outcome.Output).RootElement.GetProperty("done").GetBoolean());
        Assert.Contains("no other node has room", outcome.Error);
        Assert.All(_manager.Asked, request => Assert.Equal(new NodeRequest { Node = "node-1" }, request));
    }

    [Fact]
    public async Task A_drain_need_not_be_waited_for()
    {
        _manager.Drains.Enqueue(new DrainProgress { ShardsLeft = 5, ShardsAtStart = 10 });
        Assert.Contains("5 of 10 shards left", (await RunAsync("cluster drain node-1 --no-wait")).Output);
        Assert.Single(_manager.Asked);
    }

    [Fact]
    public async Task A_drain_is_called_off()
    {
        await RunAsync("cluster drain node-1 --cancel");
        Assert.Empty(_manager.Drains);
        Assert.Equal([new NodeRequest { Node = "node-1" }], _manager.Asked);
    }

    [Fact]
    public async Task A_node_that_is_unknown_is_not_found() => Assert.Equal(4, (await _manager.RunAsync("cluster drain nobody")).ExitCode);

    [Fact]
    public async Task A_node_that_holds_data_is_not_removed()
    {
        var outcome = await _manager.RunAsync("cluster remove node-1");
        Assert.Equal(7, outcome.ExitCode);
        Assert.Contains("drain it first", outcome.Error);
    }

    /// <summary>There is no terminal to ask on.</summary>
    [Fact]
    public async Task Losing_data_takes_a_second_word()
    {
        Assert.Equal(64, (await _manager.RunAsync("cluster remove node-1 --force-lose-data")).ExitCode);
        Assert.Empty(_manager.Asked);
        var outcome = await RunAsync("cluster remove node-1 --force-lose-data --yes");
        Assert.Contains("2 shards is lost: 3 4", outcome.Output);
    }

    [Fact]
    public async Task Maintenance_begins_and_ends()
    {
        Assert.Contains("until 2023-11-14 22:13:20 UTC", (await RunAsync("cluster maintenance node-2 --for 10m")).Output);
        Assert.Contains("not in maintenance", (await RunAsync("cluster maintenance node-2 --end")).Output);
        Assert.Equal([600_000UL, 0UL], _manager.Asked.Cast<SetMaintenanceRequest>().Select(request => request.DurationMs));
    }

    [Fact]
    public async Task Rebalancing_says_what_it_moves()
    {
        Assert.Contains("1 shards with 2 MiB would move: the unevenness goes from 25 % to 1 %", (await RunAsync("cluster rebalance --by used --dry-run")).Output);
        Assert.Contains("move now", (await RunAsync("cluster rebalance")).Output);
        Assert.Equal(
            [new RebalanceRequest { By = BalanceBy.UsedBytes, DryRun = true }, new RebalanceRequest { By = BalanceBy.Share }], _manager.Asked);
    }

    [Fact]
    public async Task Balance_is_shown_and_set()
    {
        Assert.Contains("100 MB/s", (await RunAsync("cluster balance")).Output);
        Assert.Contains("no limit", (await RunAsync("cluster balance --mode automatic --moves 4 --bandwidth 0")).Output);
        Assert.Equal(
            [new GetBalanceRequest(), new SetBalanceRequest { Mode = BalanceMode.Automatic, Moves = 4, BytesPerSecond = 0 }], _manager.Asked);
    }

    [Theory]
    [InlineData("", false, true, 1)]
    [InlineData("", true, false, 0)]
    [InlineData(" --to restart", true, false, 1)]
    [InlineData(" --to restart", false, true, 0)]
    public async Task Safety_is_an_exit_code(string option, bool toRemove, bool toRestart, int exitCode)
    {
        _manager.Safety.SafeToRemove = toRemove;
        _manager.Safety.SafeToRestart = toRestart;
        _manager.Safety.NotRemovableBecause.Add("It serves 3 shards.");
        var outcome = await _manager.RunAsync("cluster safe node-1" + option);
        Assert.Equal(exitCode, outcome.ExitCode);
        Assert.Contains("It serves 3 shards.", outcome.Output);
    }

    private async Task<ProcessOutcome> RunAsync(string commandLine)
    {
        var outcome = await _manager.RunAsync(commandLine);
        Assert.Equal("", outcome.ExitCode == 0 ? "" : outcome.Error);
        Assert.Equal(0, outcome.ExitCode);
        return outcome;
    }
}
