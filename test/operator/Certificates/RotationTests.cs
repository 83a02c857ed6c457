using System.Text.Json.Nodes;
using SealFs.Operator.Certificates;
using SealFs.Operator.Tests.Clusters;

namespace SealFs.Operator.Tests.Certificates;

/// <summary>The change to another CA, with an operator that is killed after every write.</summary>
public sealed class RotationTests : IAsyncLifetime
{
    private static readonly TimeSpan s_propagation = TimeSpan.FromMinutes(10);

    private readonly List<(DateTimeOffset Until, string Name, Holder Holder)> _former = [];
    private Dictionary<string, Holder> _seen = [];
    private OperatorWorld _world = null!;
    private ClusterSecrets _secrets = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await OperatorWorld.StartAsync();
        _secrets = new ClusterSecrets(_world);
        _world.Certificates = _world.Certificates with { Propagation = s_propagation };
        _world.CreateCluster(3);
        var first = _world.StartOperator();
        await _world.UntilReady(3);
        await first.StopAsync();
        _seen = _secrets.Holders();
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Theory]
    [InlineData("due")]
    [InlineData("asked")]
    [InlineData("lost")]
    [InlineData("damaged")]
    public async Task An_operator_that_is_killed_at_every_step_changes_the_CA_and_nobody_is_cut_off(string reason)
    {
        var before = ClusterSecrets.Text(_secrets.Authority, "ca.crt");
        var pods = _world.Server.List("pods").Select(pod => (string)pod["metadata"]!["uid"]!).Order().ToList();
        Begin(reason);
        var steps = await StepAsync();
        var authority = ClusterSecrets.Text(_secrets.Authority, "ca.crt");
        Assert.NotEqual(before, authority);
        Assert.Equal(authority, ClusterSecrets.Text(_secrets.Authority, "bundle.crt"));
        Assert.All(_secrets.Holders().Values, holder => Assert.Equal(authority, holder.Bundle));
        Assert.All(_secrets.Holders().Values, holder => holder.Load());
        Assert.Equal(pods, _world.Server.List("pods").Select(pod => (string)pod["metadata"]!["uid"]!).Order());
        Assert.True(steps > 15, $"only {steps} steps");
        Assert.Equal(6, _secrets.Holders().Count);
    }

    [Fact]
    public async Task Certificates_alone_are_changed_with_an_operator_that_is_killed_at_every_step()
    {
        var before = _secrets.Serials().ToList();
        _world.Clock.Advance(TimeSpan.FromDays(61));
        Assert.Equal(6, await StepAsync());
        Assert.DoesNotContain(_secrets.Serials(), before.Contains);
        Assert.Equal(_secrets.Holders()["mounts"], _secrets.Holders()["client"]);
        Assert.Equal(_secrets.Holders()["controller"], _secrets.Holders()["admin"]);
    }

    [Fact]
    public async Task A_CA_that_has_expired_is_replaced_at_once()
    {
        _world.Clock.Advance(TimeSpan.FromDays(3660));
        _world.StartOperator();
        await Until.True(() => _secrets.Holders().Values.All(holder => holder.Load().ExpiresAt > _world.Clock.GetUtcNow()), "valid certificates");
        await Until.Equal("Replaced", () => _secrets.Step, "the step");
        await _world.UntilReady(3);
    }

    private void Begin(string reason)
    {
        switch (reason)
        {
            case "due":
                _world.Clock.Advance(TimeSpan.FromDays(2440));
                break;
            case "asked":
                _world.Server.Update("sealfsclusters", "default", "demo", "kubectl", cluster => cluster["metadata"]!["annotations"] = new JsonObject { ["sealfs.io/rotate-authority"] = "1" });
                break;
            case "lost":
                _world.Server.Delete("secrets", "default", "demo-ca");
                break;
            default:
                _world.Server.Update("secrets", "default", "demo-ca", "kubectl", secret => secret["data"]!["ca.key"] = Convert.ToBase64String("nonsense"u8.ToArray()));
                break;
        }
    }

    /// <summary>Kills operators after one write each, and lets time pass where they have nothing to write, until the change is over.</summary>
    /// <returns>Number of writes.</returns>
    private async Task<int> StepAsync()
    {
        var steps = 0;
        while (true)
        {
            Assert.InRange(steps, 0, 80);
            using var killed = new KillAfterOneWrite(_world);
            var next = killed.Target = _world.StartOperator();
            await Until.True(() => killed.IsKilled || next.Host.Rounds >= 2, $"step {steps}");
            await next.StopAsync();
            var waits = !killed.IsKilled;
            if (waits && _secrets.Authority!["data"]!["next.crt"] is null && _secrets.Authority["data"]!["former.crt"] is null)
                return steps;
            steps += waits ? 0 : 1;
            _world.Clock.Advance(waits ? s_propagation : TimeSpan.FromSeconds(7));
            Check();
        }
    }

    /// <summary>Everybody may still have what he had before, for the propagation time: and accepts everybody, whatever that one has.</summary>
    private void Check()
    {
        var now = _world.Clock.GetUtcNow();
        var holders = _secrets.Holders();
        foreach (var (name, before) in _seen.Where(pair => holders.GetValueOrDefault(pair.Key) != pair.Value))
            _former.Add((now + s_propagation - TimeSpan.FromMinutes(2), name, before));
        _seen = holders;
        var visible = holders.Select(pair => (Name: pair.Key, Holder: pair.Value)).Concat(_former.Where(one => one.Until > now).Select(one => (one.Name, one.Holder))).ToList();
        foreach (var (name, holder) in visible)
            Assert.All(visible, other => Assert.True(holder.Trusts(other.Holder), $"{name} does not accept {other.Name}"));
    }
}
