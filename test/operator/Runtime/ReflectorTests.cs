using System.Text.Json.Nodes;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Operator.Resources;
using SealFs.Operator.Runtime;
using SealFs.Testing.Kubernetes;

namespace SealFs.Operator.Tests.Runtime;

public sealed class ReflectorTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _stop = new();
    private ApiServer _server = null!;
    private Reflector<V1ConfigMap> _reflector = null!;
    private Task _running = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ApiServer.StartAsync();
        Create("first");
        _reflector = new Reflector<V1ConfigMap>(_server.Connect(), "", "app=x", TimeProvider.System, new Random(1), NullLogger.Instance)
        {
            Silence = TimeSpan.FromSeconds(1),
        };
        _running = _reflector.RunAsync(_stop.Token);
        await _reflector.Cache.Filled;
        await Watches(1);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await _server.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task What_is_created_changed_and_deleted_arrives()
    {
        Assert.NotNull(Find("first"));
        Create("second");
        await Until.True(() => Find("second") is not null, "the new one");
        _server.Change("configmaps", "default", "second", map => map["data"] = new JsonObject { ["k"] = "v" });
        await Until.True(() => Find("second")?.Data?["k"] == "v", "the change");
        _server.Delete("configmaps", "default", "second");
        await Until.True(() => Find("second") is null, "the deletion");
    }

    [Fact]
    public async Task A_kind_that_the_server_does_not_have_counts_as_none_until_it_has_it()
    {
        var absent = new Reflector<ServiceMonitor>(_server.Connect(), "", "", TimeProvider.System, new Random(1), NullLogger.Instance) { MayBeAbsent = true };
        var running = absent.RunAsync(_stop.Token);
        await absent.Cache.Filled;
        Assert.True(absent.IsAbsent);
        Assert.Empty(absent.Cache.All);
        _server.DefineServiceMonitors();
        _server.Create("servicemonitors", "default", new JsonObject { ["metadata"] = new JsonObject { ["name"] = "one" } });
        await Until.True(() => absent.Cache.All.Count == 1, "the object of the kind that has come");
        Assert.False(absent.IsAbsent);
        await _stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task What_leaves_the_selection_goes()
    {
        _server.Change("configmaps", "default", "first", map => map["metadata"]!["labels"]!["app"] = "y");
        await Until.True(() => Find("first") is null, "leaving");
    }

    [Fact]
    public async Task A_cut_watch_goes_on_from_the_last_version_without_a_list()
    {
        for (var i = 0; i < 5; i++)
        {
            _server.Faults.CutWatches();
            Create($"during-{i}");
            await Until.True(() => Find($"during-{i}") is not null, $"object {i}");
        }
        Assert.Equal(1, Lists);
    }

    [Fact]
    public async Task After_410_it_lists_again_and_misses_nothing()
    {
        using (_server.Faults.Add(request => request.Verb == "watch" ? Fault.Unavailable : null))
        {
            _server.Faults.CutWatches();
            await Until.True(() => _server.Requests.All.Count(request => request.Verb == "watch") > 1, "a refused watch");
            _server.Delete("configmaps", "default", "first");
            Create("unseen");
            _server.Compact();
        }
        await Until.True(() => Find("unseen") is not null && Find("first") is null, "the new list");
        Assert.Equal(2, Lists);
    }

    [Fact]
    public async Task A_watch_that_dies_silently_is_noticed()
    {
        _server.Faults.WatchesAreSilent = true;
        Create("lost");
        await Until.True(() => _server.Requests.All.Count(request => request.Verb == "watch") > 1, "the watchdog");
        _server.Faults.WatchesAreSilent = false;
        await Until.True(() => Find("lost") is not null, "what was missed");
        Assert.Equal(1, Lists);
    }

    [Fact]
    public async Task Bookmarks_save_the_list_when_only_others_changed()
    {
        _server.Create("secrets", "default", new JsonObject { ["metadata"] = new JsonObject { ["name"] = "other" } });
        _server.Compact();
        var compacted = _server.Version;
        await Until.True(() => long.Parse(_reflector.Version ?? "0") >= compacted, "a bookmark behind the compaction");
        _server.Faults.CutWatches();
        Create("later");
        await Until.True(() => Find("later") is not null, "the later one");
        Assert.Equal(1, Lists);
    }

    [Fact]
    public async Task An_outage_ends_without_help()
    {
        _server.Faults.Outage = true;
        await Until.True(() => _server.Requests.All.Count > 2, "a refused request");
        Create("after");
        _server.Faults.Outage = false;
        await Until.True(() => Find("after") is not null, "the one from the outage");
    }

    private int Lists => _server.Requests.All.Count(request => request.Verb == "list");

    private Task Watches(int count) => Until.True(() => _server.Requests.All.Count(request => request.Verb == "watch") >= count, "the watch");

    private V1ConfigMap? Find(string name) => _reflector.Cache.Find(new ObjectName("default", name));

    private void Create(string name) => _server.Create("configmaps", "default", new JsonObject
    {
        ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = new JsonObject { ["app"] = "x" } },
    });
}
