using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Operator.Runtime;
using SealFs.Testing.Kubernetes;

namespace SealFs.Operator.Tests.Runtime;

public sealed class LeaderElectorTests : IAsyncLifetime
{
    private static readonly LeaderTimes s_times = new(TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(0.1));
    private static readonly ObjectName s_lease = new("default", "op");
    private readonly List<string> _leads = [];
    private int _leading;
    private int _mostAtOnce;
    private ApiServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await ApiServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task One_leads_and_gives_the_lease_back_when_it_is_stopped()
    {
        using var stopA = new CancellationTokenSource();
        using var stopB = new CancellationTokenSource();
        var a = RunAsync("a", stopA.Token);
        await Until.True(() => Leads is ["a"], "the first leader");
        var b = RunAsync("b", stopB.Token);
        await Until.True(() => _server.Requests.All.Count(request => request.Verb == "get") > 20, "the second one asking");
        Assert.Equal(["a"], Leads);
        await stopA.CancelAsync();
        await a;
        Assert.Contains(_server.Requests.All, request => request.Verb == "update" && (string?)request.Body!["spec"]!["holderIdentity"] == "");
        await Until.True(() => Leads is ["a", "b"], "the second leader");
        await stopB.CancelAsync();
        await b;
        Assert.Equal(1, _mostAtOnce);
    }

    [Fact]
    public async Task A_leader_that_cannot_renew_stops_its_work()
    {
        using var stop = new CancellationTokenSource();
        var running = RunAsync("a", stop.Token);
        await Until.True(() => Volatile.Read(ref _leading) == 1, "the leader");
        _server.Faults.Outage = true;
        await Until.Equal(0, () => Volatile.Read(ref _leading), "who leads in the outage");
        _server.Faults.Outage = false;
        await Until.True(() => Volatile.Read(ref _leading) == 1, "the leader after the outage");
        await stop.CancelAsync();
        await running;
    }

    private string[] Leads
    {
        get
        {
            lock (_leads)
                return [.. _leads];
        }
    }

    private Task RunAsync(string identity, CancellationToken stop) =>
        new LeaderElector(_server.Connect(), s_lease, identity, s_times, TimeProvider.System, NullLogger.Instance).RunAsync(
            async leading =>
            {
                lock (_leads)
                    _leads.Add(identity);
                _mostAtOnce = Math.Max(_mostAtOnce, Interlocked.Increment(ref _leading));
                try
                {
                    await Task.Delay(Timeout.Infinite, leading);
                }
                finally
                {
                    Interlocked.Decrement(ref _leading);
                }
            },
            stop);
}
