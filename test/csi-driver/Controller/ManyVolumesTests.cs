using System.Diagnostics;
using System.Globalization;
using SealFs.Core.Control;
using SealFs.CsiDriver.Protocol;

namespace SealFs.CsiDriver.Tests.Controller;

/// <summary>A namespace with five hundred claims is applied, and deleted again, all at once.</summary>
public sealed class ManyVolumesTests(ControllerFixture fixture, ITestOutputHelper output) : IClassFixture<ControllerFixture>
{
    private const int Volumes = 500;

    [Fact]
    public async Task Many_volumes_are_created_and_deleted_at_once_and_none_is_left()
    {
        var names = Enumerable.Range(0, Volumes).Select(number => string.Create(CultureInfo.InvariantCulture, $"pvc-{number:D3}")).ToArray();
        await AllAsync("create", names, async name =>
        {
            var request = new CreateVolumeRequest { Name = name, VolumeCapabilities = { Capability.Mount() }, CapacityRange = new CapacityRange { RequiredBytes = 1 << 30 } };
            Assert.Equal(name, (await fixture.Csi.Controller.CreateVolumeAsync(request)).Volume.VolumeId);
        });
        Assert.Equal(names, await CreatedAsync());
        await AllAsync("delete", names, async name => await fixture.Csi.Controller.DeleteVolumeAsync(new DeleteVolumeRequest { VolumeId = name }));
        Assert.Empty(await CreatedAsync());
    }

    private async Task AllAsync(string what, string[] names, Func<string, Task> call)
    {
        var times = await Task.WhenAll(names.Select(async name =>
        {
            var started = Stopwatch.GetTimestamp();
            await call(name);
            return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }));
        Array.Sort(times);
        output.WriteLine($"{what}: {names.Length} at once, half within {times[names.Length / 2]:F0} ms, 99 of 100 within {times[names.Length * 99 / 100]:F0} ms");
    }

    /// <summary>What <c>sealfs volume list</c> shows besides the volume that was there.</summary>
    private async Task<IEnumerable<string>> CreatedAsync()
    {
        using var manager = new ControlClient([fixture.Cluster.ManagerAddress]);
        var volumes = await manager.ListVolumesAsync(includeDeleting: false, TestContext.Current.CancellationToken);
        return volumes.Select(volume => volume.Name).Where(name => name.StartsWith("pvc-", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
    }
}
