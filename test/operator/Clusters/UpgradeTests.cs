namespace SealFs.Operator.Tests.Clusters;

public sealed class UpgradeTests : IAsyncLifetime
{
    private OperatorWorld _world = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await OperatorWorld.StartAsync();
        _world.CreateCluster(3);
    }

    public async ValueTask DisposeAsync()
    {
        Assert.Empty(_world.Manager.Violations);
        await _world.DisposeAsync();
    }

    [Fact]
    public async Task Nodes_are_upgraded_one_at_a_time_the_highest_first()
    {
        _world.StartOperator();
        await _world.UntilReady(3);
        var seen = new List<string>();
        _world.ChangeSpec(spec => spec["image"] = "sealfs:2");
        await Until.True(
            () =>
            {
                if (_world.Images is var images && images.Split(' ').Length == 3 && (seen.Count == 0 || seen[^1] != images))
                    seen.Add(images);
                return _world.Images == "sealfs:2 sealfs:2 sealfs:2" && _world.Phase == "Ready";
            },
            "the upgrade", 60);
        Assert.Subset(
            new HashSet<string> { "sealfs:1 sealfs:1 sealfs:1", "sealfs:1 sealfs:1 sealfs:2", "sealfs:1 sealfs:2 sealfs:2", "sealfs:2 sealfs:2 sealfs:2" }, seen.ToHashSet());
        await Until.True(() => _world.Events.Contains("UpgradeFinished"), "the event");
    }

    [Fact]
    public async Task Nothing_is_restarted_while_the_manager_says_no()
    {
        _world.StartOperator();
        await _world.UntilReady(3);
        _world.Manager.NotRestartable = "a repair is under way";
        _world.ChangeSpec(spec => spec["image"] = "sealfs:2");
        await Until.True(() => ((string?)_world.Condition("Upgrading")?["message"])?.Contains("a repair is under way", StringComparison.Ordinal) == true, "waiting");
        Assert.Equal("sealfs:1 sealfs:1 sealfs:1", _world.Images);
        _world.Manager.NotRestartable = null;
        await Until.Equal("sealfs:2 sealfs:2 sealfs:2", () => _world.Images, "the images");
    }

    [Fact]
    public async Task A_node_that_does_not_come_back_stops_the_roll_and_is_named_and_going_back_repairs_it()
    {
        _world.StartOperator();
        await _world.UntilReady(3);
        _world.Controllers.BrokenImages.Add("sealfs:bad");
        _world.ChangeSpec(spec => spec["image"] = "sealfs:bad");
        await Until.True(() => (string?)_world.Condition("Upgrading")?["reason"] == "WaitingForNode" && _world.Is("Degraded"), "the stop", detail: () => _world.Images + _world.Status!.ToJsonString());
        Assert.Contains("demo-node-2", (string)_world.Condition("Upgrading")!["message"]!);
        Assert.Contains("demo-node-2", (string)_world.Condition("Degraded")!["message"]!);
        Assert.Equal("sealfs:1 sealfs:1 sealfs:bad", _world.Images);
        _world.ChangeSpec(spec => spec["image"] = "sealfs:1");
        await _world.UntilReady(3);
        await Until.Equal("sealfs:1 sealfs:1 sealfs:1", () => _world.Images, "the images");
    }

    [Fact]
    public async Task A_node_that_is_away_for_a_moment_is_waited_for()
    {
        _world.StartOperator();
        await _world.UntilReady(3);
        _world.Controllers.Away = ("demo-node-0", "sealfs:1", DateTime.UtcNow);
        _world.ChangeSpec(spec => spec["image"] = "sealfs:2");
        await Until.True(
            () => _world.Condition("Upgrading") is { } upgrading && (string?)upgrading["reason"] == "WaitingForNode" && ((string)upgrading["message"]!).Contains("demo-node-0", StringComparison.Ordinal),
            "waiting");
        Assert.Equal("sealfs:1 sealfs:1 sealfs:1", _world.Images);
        _world.Controllers.Away = null;
        await Until.Equal("sealfs:2 sealfs:2 sealfs:2", () => _world.Images, "the images");
    }

    [Fact]
    public async Task A_node_that_is_down_with_the_old_template_gets_the_new_one_although_the_manager_says_no()
    {
        _world.StartOperator();
        await _world.UntilReady(3);
        _world.Controllers.Away = ("demo-node-1", "sealfs:1", DateTime.UtcNow.AddMinutes(-10));
        _world.Manager.NotRestartable = "shards are not served";
        _world.ChangeSpec(spec => spec["image"] = "sealfs:2");
        await Until.Equal("sealfs:1 sealfs:2 sealfs:2", () => _world.Images, "the repair");
        await Until.True(() => (string?)_world.Condition("Upgrading")?["reason"] == "Waiting", "waiting", detail: () => _world.Status!.ToJsonString());
        Assert.Equal("sealfs:1 sealfs:2 sealfs:2", _world.Images);
        _world.Manager.NotRestartable = null;
        await Until.Equal("sealfs:2 sealfs:2 sealfs:2", () => _world.Images, "the images");
    }

    [Fact]
    public async Task An_operator_that_is_killed_at_every_step_of_an_upgrade_always_converges()
    {
        var running = _world.StartOperator();
        await _world.UntilReady(3);
        await running.StopAsync();
        var steps = 0;
        var done = false;
        while (!done)
        {
            Assert.InRange(++steps, 0, 60);
            if (steps == 1)
                _world.ChangeSpec(spec => spec["image"] = "sealfs:2");
            using var killed = new KillAfterOneWrite(_world);
            var next = killed.Target = _world.StartOperator();
            await Until.True(() => killed.IsKilled || (_world.Phase == "Ready" && _world.Images == "sealfs:2 sealfs:2 sealfs:2"), $"step {steps}");
            done = !killed.IsKilled;
            await next.StopAsync();
        }
        Assert.True(steps > 4, $"only {steps} steps");
        await Until.Equal("sealfs:2 sealfs:2 sealfs:2", () => _world.Images, "the images");
    }
}
