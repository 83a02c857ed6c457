using System.Runtime.InteropServices;

namespace SealFs.StorageNode.Tests.Chunks;

/// <summary>
/// What is on a disk for certain of the files that a store has opened, for a machine that loses power: of each page that changed since its file was synced the old or the new one is left, the
/// file has its old or its new length, and a file that was never synced may be gone.
/// </summary>
public sealed unsafe class VolatileFiles
{
    private const int PageBytes = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<int, string> _paths = [];
    private readonly SortedDictionary<string, byte[]?> _durable = new(StringComparer.Ordinal);

    public void Opened(byte* path, int descriptor)
    {
        if (descriptor < 0)
            return;
        lock (_gate)
        {
            _paths[descriptor] = Marshal.PtrToStringUTF8((nint)path)!;
            _durable.TryAdd(_paths[descriptor], null);
        }
    }

    /// <summary>Before the disk is asked, so that nothing counts that is written meanwhile.</summary>
    public void Synced(int descriptor)
    {
        lock (_gate)
            _durable[_paths[descriptor]] = File.ReadAllBytes(_paths[descriptor]);
    }

    public void LosePower(Random random)
    {
        foreach (var (path, durable) in _durable.ToList())
        {
            _durable.Remove(path);
            if (!File.Exists(path))
                continue;
            var left = Settle(random, durable ?? [], File.ReadAllBytes(path));
            if (durable is null && random.Next(2) == 0)
            {
                File.Delete(path);
                continue;
            }

            File.WriteAllBytes(path, left);
            _durable[path] = left;
        }

        _paths.Clear();
    }

    private static byte[] Settle(Random random, byte[] durable, byte[] now)
    {
        var left = new byte[random.Next(2) == 0 ? durable.Length : now.Length];
        for (var at = 0; at < left.Length; at += PageBytes)
        {
            var source = random.Next(2) == 0 ? durable : now;
            var bytes = Math.Min(PageBytes, Math.Min(left.Length, source.Length) - at);
            if (bytes > 0)
                source.AsSpan(at, bytes).CopyTo(left.AsSpan(at));
        }

        return left;
    }
}
