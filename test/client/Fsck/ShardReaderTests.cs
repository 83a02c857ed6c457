using SealFs.Client.Fsck;
using SealFs.Client.Routing;
using SealFs.Client.Tests.Fakes;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Rpc;

namespace SealFs.Client.Tests.Fsck;

/// <summary>A check of a volume whose shards move while it is read.</summary>
public sealed class ShardReaderTests : IAsyncLifetime
{
    private readonly FakeNode _old = new(1 << 20);
    private readonly FakeNode _new = new(1 << 20);
    private readonly VolumePicture _picture = new();
    private ClusterMap _newest = null!;
    private ShardReader _reader = null!;

    public ValueTask InitializeAsync()
    {
        _newest = FakeCluster.MapOfMany(1, 1, _old, _new);
        _reader = new ShardReader(FakeCluster.Session(_newest, 1 << 20), _ => Task.FromResult(_newest), TimeSpan.FromSeconds(20), new ClientExecution());
        _new.Intercept = request => Answer(request, new Epoch(2));
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _reader.DisposeAsync();
        await _old.DisposeAsync();
        await _new.DisposeAsync();
    }

    [Fact]
    public async Task It_is_read_on_from_where_the_old_node_says()
    {
        _old.Intercept = request =>
        {
            request.Reply(Errno.WrongEpoch, new EpochHint(new Epoch(2), new NodeId(2)));
            return true;
        };
        await ReadAsync();
        Assert.Single(_old.Seen);
        Assert.Equal(2, _new.Seen.Count);
    }

    [Fact]
    public async Task It_is_read_on_from_where_the_manager_says()
    {
        _old.Intercept = request =>
        {
            request.Reply(Errno.WrongEpoch);
            if (_old.Seen.Count == 10)
                _newest = FakeCluster.MapOfMany(2, 2, 2, _old, _new);
            return true;
        };
        await ReadAsync();
        Assert.Equal(10, _old.Seen.Count);
        Assert.Equal(2, _new.Seen.Count);
    }

    private async Task ReadAsync()
    {
        await _reader.ReadAsync(new ShardId(1), verify: false, _picture, TestContext.Current.CancellationToken);
        Assert.Empty(_picture.Failed);

        // The answer came on a receiver's thread, which a test must not keep.
        await Task.Yield();
    }

    private static bool Answer(RpcServerRequest request, Epoch served)
    {
        if (request.Header.Epoch == served)
            request.Reply(Errno.None, new ScanReply { Cursor = [] });
        else
            request.Reply(Errno.WrongEpoch);
        return true;
    }
}
