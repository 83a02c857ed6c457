using System.Globalization;
using System.Text;
using SealFs.Core;
using SealFs.StorageNode.Tests.Shards;
using Xunit;

namespace SealFs.StorageNode.Tests.Shards;

public sealed class AllocationTests : IDisposable
{
    private const int Requests = 5_000;

    private readonly TemporaryDirectory _directory = new();
    private readonly ShardRig _rig;

    public AllocationTests() => _rig = new ShardRig(_directory.In("store"));

    private delegate Errno Step(ShardRig rig, ReadOnlySpan<byte> name);

    [Fact]
    public void Requests_allocate_nothing_once_the_node_is_warm()
    {
        Run("warm", static (rig, name) => rig.Create(rig.Root, name));
        Run("warm", static (rig, name) => rig.Lookup(rig.Root, name));
        Run("", static (rig, _) => rig.GetAttr(rig.Root));
        Run("warm", static (rig, name) => rig.Unlink(rig.Root, name));

        Assert.Equal(0, Run("file", static (rig, name) => rig.Create(rig.Root, name)));
        Assert.Equal(0, Run("file", static (rig, name) => rig.Lookup(rig.Root, name)));
        Assert.Equal(0, Run("", static (rig, _) => rig.GetAttr(rig.Root)));
        Assert.Equal(0, Run("file", static (rig, name) => rig.Unlink(rig.Root, name)));
    }

    public void Dispose()
    {
        _rig.Dispose();
        _directory.Dispose();
    }

    private long Run(string prefix, Step step)
    {
        Span<byte> name = stackalloc byte[64];
        var prefixLength = Encoding.ASCII.GetBytes(prefix, name);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var number = 0; number < Requests; number++)
        {
            number.TryFormat(name[prefixLength..], out var length, provider: CultureInfo.InvariantCulture);
            var status = step(_rig, name[..(prefixLength + length)]);
            if (status != Errno.None)
                Assert.Fail($"{prefix}{number}: {status}");
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
