using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SealFs.Client.Buffering;

namespace SealFs.Simulator.Mounts;

/// <summary>The memory that outlives a worker, as a keeper makes it.</summary>
internal sealed partial class ArenaMemory : IDisposable
{
    private readonly SafeFileHandle _handle = new(memfd_create("simulated", 1), ownsHandle: true);
    private readonly ArenaLayout _layout;
    private readonly List<SharedArena> _maps = [];

    public ArenaMemory(ArenaLayout layout)
    {
        _layout = layout;
        RandomAccess.SetLength(_handle, layout.TotalBytes);
    }

    /// <summary>What a new worker sees of it.</summary>
    public SharedArena Map()
    {
        var map = new SharedArena(_layout, (int)_handle.DangerousGetHandle());
        _maps.Add(map);
        return map;
    }

    public void Dispose()
    {
        foreach (var map in _maps)
            map.Dispose();
        _handle.Dispose();
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);
}
