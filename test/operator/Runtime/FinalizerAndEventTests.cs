using System.Text.Json.Nodes;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Operator.Runtime;
using SealFs.Testing;
using SealFs.Testing.Kubernetes;

namespace SealFs.Operator.Tests.Runtime;

public sealed class FinalizerAndEventTests : IAsyncLifetime
{
    private ApiServer _server = null!;
    private ApiConnection _api = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ApiServer.StartAsync();
        _api = _server.Connect();
        _server.Create("configmaps", "default", new JsonObject { ["metadata"] = new JsonObject { ["name"] = "m" } });
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_finalizer_delays_the_deletion_until_it_is_removed()
    {
        var map = await Finalizers.AddAsync(_api, await LiveAsync(), "example.com/guard", default);
        await _api.DeleteAsync(map, orphan: false, default);
        map = await LiveAsync();
        Assert.NotNull(map.Metadata.DeletionTimestamp);
        await Finalizers.RemoveAsync(_api, map, "example.com/guard", default);
        Assert.Null(_server.Get("configmaps", "default", "m"));
    }

    [Fact]
    public async Task A_finalizer_of_somebody_else_that_came_meanwhile_is_not_lost()
    {
        var seen = await Finalizers.AddAsync(_api, await LiveAsync(), "example.com/guard", default);
        _server.Update("configmaps", "default", "m", "other", map => map["metadata"]!["finalizers"]!.AsArray().Insert(0, "other.com/guard"));
        await Assert.ThrowsAsync<ApiException>(() => Finalizers.RemoveAsync(_api, seen, "example.com/guard", default));
        Assert.Equal(["other.com/guard", "example.com/guard"], (await LiveAsync()).Metadata.Finalizers);
    }

    [Fact]
    public async Task The_same_event_again_raises_a_count()
    {
        var clock = new ManualClock();
        var events = new EventRecorder(_api, "op", "pod", clock, NullLogger.Instance);
        var map = await LiveAsync();
        for (var i = 0; i < 3; i++)
            await events.RecordAsync(map, false, "Draining", "node-2 is emptied", default);
        await events.RecordAsync(map, true, "Draining", "node-2 cannot be emptied", default);
        Assert.Equal([1, 3], _server.List("events").Where(one => (string)one["apiVersion"]! == "v1").Select(one => (int)one["count"]!).Order());
        clock.Advance(TimeSpan.FromMinutes(11));
        await events.RecordAsync(map, false, "Draining", "node-2 is emptied", default);
        Assert.Equal(3, _server.List("events").Count);
    }

    [Fact]
    public void A_condition_keeps_the_time_of_its_last_transition()
    {
        var conditions = new List<V1Condition>();
        var start = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        Assert.True(Conditions.Set(conditions, "Available", false, "Starting", "x", 1, start));
        Assert.False(Conditions.Set(conditions, "Available", false, "StillStarting", "y", 2, start.AddMinutes(1)));
        Assert.Equal(start, Assert.Single(conditions).LastTransitionTime);
        Assert.Equal("StillStarting", conditions[0].Reason);
        Assert.True(Conditions.Set(conditions, "Available", true, "Ready", "z", 2, start.AddMinutes(2)));
        Assert.Equal(start.AddMinutes(2), conditions[0].LastTransitionTime);
    }

    private Task<V1ConfigMap> LiveAsync() => _api.GetAsync<V1ConfigMap>(new ObjectName("default", "m"), default);
}
