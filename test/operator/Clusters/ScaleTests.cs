namespace SealFs.Operator.Tests.Clusters;

public sealed class ScaleTests : IAsyncLifetime
{
    private OperatorWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await OperatorWorld.StartAsync();

    public async ValueTask DisposeAsync()
    {
        Assert.Empty(_world.Manager.Violations);
        await _world.DisposeAsync();
    }

    [Fact]
    public async Task Scaling_out_adds_nodes_that_get_shards()
    {
        await StartAsync(3);
        _world.Scale(5);
        await _world.UntilReady(5);
        await Until.True(() => _world.Manager.ShardsOf("demo-node-4") > 0, "shards on the new node");
        Assert.Contains("ScalingOut", _world.Events);
    }

    [Theory]
    [InlineData("Retain", 10)]
    [InlineData("Delete", 6)]
    public async Task Scaling_in_empties_nodes_before_they_go(string policy, int claims)
    {
        await StartAsync(5, policy);
        _world.Scale(3);
        await _world.UntilReady(3);
        Assert.Equal(FakeManager.ShardCount, Enumerable.Range(0, 3).Sum(ordinal => _world.Manager.ShardsOf($"demo-node-{ordinal}")));
        await Until.Equal(claims, NodeClaims, "claims");
        Assert.False(_world.Manager.Knows("demo-node-3") || _world.Manager.Knows("demo-node-4"));
        Assert.Equal(["drain demo-node-3", "drain demo-node-4", "remove demo-node-3", "remove demo-node-4"], _world.Manager.Calls.Order());
        Assert.Contains("Draining", _world.Events);
        Assert.Contains("NodeRemoved", _world.Events);
    }

    [Fact]
    public async Task The_set_keeps_its_size_while_shards_are_left()
    {
        await StartAsync(5);
        _world.Manager.HoldDrains = true;
        _world.Scale(3);
        await Until.True(() => _world.Is("Draining"), "draining");
        Assert.Contains("shards left", (string)_world.Condition("Draining")!["message"]!);
        Assert.Equal(5, _world.SetSize);
        _world.Manager.HoldDrains = false;
        await _world.UntilReady(3);
    }

    [Fact]
    public async Task Raising_the_number_again_calls_it_off()
    {
        await StartAsync(5);
        _world.Manager.HoldDrains = true;
        _world.Scale(3);
        await Until.True(() => _world.Manager.IsDraining("demo-node-4") && _world.Manager.IsDraining("demo-node-3"), "draining");
        _world.Scale(5);
        await Until.True(() => !_world.Manager.IsDraining("demo-node-4") && !_world.Manager.IsDraining("demo-node-3"), "calling off");
        _world.Manager.HoldDrains = false;
        await _world.UntilReady(5);
        Assert.Contains("DrainCalledOff", _world.Events);
        Assert.DoesNotContain(_world.Manager.Calls, call => call.StartsWith("remove", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_drain_that_a_person_began_is_not_called_off()
    {
        await StartAsync(3);
        await _world.Of("", null).DrainAsync("demo-node-1", default);
        _world.Scale(4);
        await _world.UntilReady(4);
        Assert.True(_world.Manager.IsDraining("demo-node-1"));
    }

    /// <summary>Kills the operator after its n-th write or call, for every n until a run gets through, and starts another.</summary>
    [Fact]
    public async Task An_operator_that_is_killed_at_every_step_of_scaling_in_always_converges()
    {
        await StartAsync(5, "Delete", start: false);
        var running = _world.StartOperator();
        await _world.UntilReady(5);
        await running.StopAsync();
        var steps = 0;
        var done = false;
        while (!done)
        {
            Assert.InRange(++steps, 0, 60);
            if (steps == 1)
                _world.Scale(3);
            using var killed = new KillAfterOneWrite(_world);
            var next = killed.Target = _world.StartOperator();
            await Until.True(() => killed.IsKilled || (_world.Phase == "Ready" && _world.SetSize == 3 && NodeClaims() == 6), $"step {steps}");
            done = !killed.IsKilled;
            await next.StopAsync();
        }
        TestContext.Current.SendDiagnosticMessage($"killed {steps - 1} times");
        Assert.True(steps > 14, $"only {steps} steps");
        Assert.Equal(["drain demo-node-3", "drain demo-node-4", "remove demo-node-3", "remove demo-node-4"], _world.Manager.Calls.Order());
    }

    private int NodeClaims() => _world.Server.List("persistentvolumeclaims").Count(claim => ((string)claim["metadata"]!["name"]!).Contains("-node-", StringComparison.Ordinal));

    private async Task StartAsync(int nodes, string policy = "Retain", bool start = true)
    {
        _world.CreateCluster(nodes, spec => spec["deletionPolicy"] = policy);
        if (!start)
            return;
        _world.StartOperator();
        await _world.UntilReady(nodes);
    }
}
