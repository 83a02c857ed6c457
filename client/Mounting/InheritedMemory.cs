using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SealFs.Client.Mounting;

/// <summary>Anonymous memory behind a descriptor (memfd_create(2)) that is given to other processes and outlives each of them.</summary>
internal sealed class InheritedMemory : IDisposable
{
    private InheritedMemory(int descriptor) => Descriptor = descriptor;

    public int Descriptor { get; }

    public static InheritedMemory Create(string name, long bytes)
    {
        var memory = new InheritedMemory(Native.Check(Native.memfd_create(name, Native.MFD_CLOEXEC), "memfd_create"));
        Native.Check(Native.ftruncate(memory.Descriptor, bytes), "ftruncate");
        return memory;
    }

    /// <summary>Memory that another process made.</summary>
    public static InheritedMemory Adopt(int descriptor) => new(descriptor);

    public static InheritedMemory Create(string name, ReadOnlySpan<byte> content)
    {
        var memory = Create(name, content.Length);
        using var handle = new SafeFileHandle(memory.Descriptor, ownsHandle: false);
        RandomAccess.Write(handle, content, 0);
        return memory;
    }

    /// <summary>Reads all of a descriptor that this process inherited, and closes it.</summary>
    public static byte[] ReadAndClose(int descriptor)
    {
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        var content = new byte[RandomAccess.GetLength(handle)];
        RandomAccess.Read(handle, content, 0);
        return content;
    }

    public void Dispose() => _ = Native.close(Descriptor);
}
