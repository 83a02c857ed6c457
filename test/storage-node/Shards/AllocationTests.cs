using System.Globalization;
using System.Text;
using SealFs.Core;
using SealFs.StorageNode.Tests.Shards;
using Xunit;

namespace SealFs.StorageNode.Tests.Shards;

/// <summary>Alone, because what others listen to metrics with is allocated on whatever thread records first.</summary>
[Collection(nameof(AloneCollection))]
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

        AssertNone(Run("file", static (rig, name) => rig.Create(rig.Root, name)));
        AssertNone(Run("file", static (rig, name) => rig.Lookup(rig.Root, name)));
        AssertNone(Run("", static (rig, _) => rig.GetAttr(rig.Root)));
        AssertNone(Run("file", static (rig, name) => rig.Unlink(rig.Root, name)));
    }

    public void Dispose()
    {
        _rig.Dispose();
        _directory.Dispose();
    }

    /// <summary>
    /// Less than a byte a request: the runtime itself allocates a few hundred bytes on a thread the first time that it has to wait for a lock. One object a
    /// request would be 24 bytes each.
    /// </summary>
    private static void AssertNone(long allocatedBytes) => Assert.InRange(allocatedBytes, 0, Requests - 1);

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
