using System.Diagnostics;
using SealFs.Manager.Store;
using Xunit;

namespace SealFs.Manager.Tests.Store;

public sealed class LiteDbManagerStoreTests : ManagerStoreContract
{
    private const string DirectoryVariable = "SEALFS_TEST_STORE";
    private const string AcknowledgedFile = "acknowledged";

    private readonly string directory = Directory.CreateTempSubdirectory("sealfs-store-").FullName;

    public override void Dispose() => Directory.Delete(directory, recursive: true);

    protected override IManagerStore Open() => LiteDbManagerStore.Open(directory);

    [Fact]
    public async Task Two_managers_cannot_use_one_directory()
    {
        await using var first = Open();
        var refusal = Assert.Throws<IOException>(() => Open());
        Assert.Contains("Another manager", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// A process writes until it is killed, again and again on the same files: what it had acknowledged is there, and each batch is there as a whole or not
    /// at all.
    /// </summary>
    [Fact]
    public async Task A_killed_process_leaves_what_it_acknowledged()
    {
        var floor = 0;
        for (var kill = 0; kill < 6; kill++)
        {
            using (var writer = StartWriter())
            {
                while (Acknowledged() < floor + 50 && !writer.HasExited)
                    await Task.Delay(5, Cancellation);
                Assert.False(writer.HasExited, "The writer ended by itself.");
                writer.Kill();
                await writer.WaitForExitAsync(Cancellation);
            }
            floor = Acknowledged();
            await using var store = Open();
            var records = await store.LoadAsync(Cancellation);
            var left = BitConverter.ToInt32(records["left"]);
            Assert.Equal(left, BitConverter.ToInt32(records["right"]));
            Assert.True(left >= floor, $"{left} is older than {floor}, which had been acknowledged.");
        }
    }

    /// <summary>The process that is killed: this test in a process of its own.</summary>
    [Fact(Explicit = true)]
    public async Task Write_until_killed()
    {
        var target = Environment.GetEnvironmentVariable(DirectoryVariable) ?? throw new InvalidOperationException("Only started by another test.");
        using var acknowledged = File.OpenHandle(Path.Combine(target, AcknowledgedFile), FileMode.OpenOrCreate, FileAccess.ReadWrite);
        await using var store = LiteDbManagerStore.Open(target);
        var records = await store.LoadAsync(Cancellation);
        for (var number = records.TryGetValue("left", out var last) ? BitConverter.ToInt32(last) + 1 : 1; ; number++)
        {
            var value = BitConverter.GetBytes(number);
            await store.ApplyAsync(new StoreBatch().Put("left", value).Put($"many/{number % 100}", new byte[2_000]).Put("right", value), Cancellation);
            RandomAccess.Write(acknowledged, value, 0);
        }
    }

    private Process StartWriter()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
            start.ArgumentList.Add(typeof(LiteDbManagerStoreTests).Assembly.Location);
        foreach (var argument in new[] { "-explicit", "only", "-method", $"{typeof(LiteDbManagerStoreTests).FullName}.{nameof(Write_until_killed)}" })
            start.ArgumentList.Add(argument);
        start.Environment[DirectoryVariable] = directory;
        return Process.Start(start)!;
    }

    private int Acknowledged()
    {
        var path = Path.Combine(directory, AcknowledgedFile);
        var bytes = File.Exists(path) ? File.ReadAllBytes(path) : [];
        return bytes.Length == sizeof(int) ? BitConverter.ToInt32(bytes) : 0;
    }
}
