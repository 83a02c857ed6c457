using System.Diagnostics;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Hosting;
using Xunit;

namespace SealFs.StorageNode.Tests.Hosting;

/// <summary>A metadata disk without a free byte: a small tmpfs.</summary>
[Collection(nameof(BootId))]
public sealed class FullMetadataDiskTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Metadata => _directory.In("metadata");

    public void Dispose()
    {
        Run("umount", "-l", Metadata);
        _directory.Dispose();
    }

    [Fact]
    public void A_node_starts_with_everything_it_had()
    {
        Directory.CreateDirectory(Metadata);
        if (Run("mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", Metadata) != 0)
            Assert.Skip("mounting a tmpfs needs root");
        var memory = new MetadataEngineOptions { CacheBytes = 16 << 20, WriteBufferBytes = 4 << 20 };
        using (var first = MetadataDirectory.Open(Metadata, _directory.In("data")))
        {
            using var engine = StartReserve.OpenStore(first, memory);
            using var batch = new EffectBatch();
            batch.Put(Table.InlineData, "key"u8, new byte[1 << 20]);
            engine.Apply(batch);
        }

        Assert.True(File.Exists(Path.Combine(Metadata, "reserve")));
        Fill();
        for (var start = 0; start < 2; start++)
        {
            using var next = MetadataDirectory.Open(Metadata, _directory.In("data"));
            using var engine = StartReserve.OpenStore(next, memory);
            using var value = engine.GetPinned(Table.InlineData, "key"u8);
            Assert.Equal(1 << 20, value.Value.Length);
        }

        Assert.False(File.Exists(Path.Combine(Metadata, "reserve")));
    }

    private void Fill()
    {
        using var file = new FileStream(Path.Combine(Metadata, "filler"), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        var bytes = new byte[4096];
        try
        {
            while (true)
                file.Write(bytes);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
