using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SealFs.Client.Buffering;

namespace SealFs.Client.Tests.Buffering;

/// <summary>A memfd as a keeper makes it.</summary>
internal sealed partial class SharedMemory : IDisposable
{
    private readonly SafeFileHandle _handle;

    private SharedMemory(ArenaLayout layout)
    {
        Layout = layout;
        _handle = new SafeFileHandle(memfd_create("test", 1), ownsHandle: true);
        RandomAccess.SetLength(_handle, layout.TotalBytes);
    }

    public ArenaLayout Layout { get; }

    public int Descriptor => (int)_handle.DangerousGetHandle();

    public static SharedMemory Create(ArenaLayout layout) => new(layout);

    /// <summary>
    /// As a kill would leave it. Copied from the end to the start: a worker that is still at work writes the file record (at the start) before it frees a range.
    /// </summary>
    public SharedMemory Copy()
    {
        var copy = new SharedMemory(Layout);
        var page = new byte[64 * 1024];
        for (var at = (Layout.TotalBytes - 1) / page.Length * page.Length; at >= 0; at -= page.Length)
        {
            var length = RandomAccess.Read(_handle, page, at);
            RandomAccess.Write(copy._handle, page.AsSpan(0, length), at);
        }
        return copy;
    }

    public void Dispose() => _handle.Dispose();

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);
}
