namespace SealFs.Client.Mounting;

/// <summary>
/// A pipe that ends with the process that made it. Workers of a daemon hold its reading end: when the daemon is killed, they end too, since whoever goes on with
/// the mounts starts workers of its own.
/// </summary>
internal sealed class Lifeline : IDisposable
{
    private const int SIGKILL = 9;

    private readonly int _writeDescriptor;

    public unsafe Lifeline()
    {
        var descriptors = stackalloc int[2];
        Native.Check(Native.pipe2(descriptors, Native.O_CLOEXEC), "pipe2");
        ReadDescriptor = descriptors[0];
        _writeDescriptor = descriptors[1];
    }

    /// <summary>For the workers.</summary>
    public int ReadDescriptor { get; }

    /// <summary>This process ends when the one at the other end does. At once: what it has not answered is asked again by its successor.</summary>
    public static void EndWith(int readDescriptor) =>
        new Thread(() => Watch(readDescriptor)) { IsBackground = true, Name = "lifeline" }.Start();

    public void Dispose()
    {
        _ = Native.close(_writeDescriptor);
        _ = Native.close(ReadDescriptor);
    }

    private static unsafe void Watch(int descriptor)
    {
        byte nothing;
        while (Native.read(descriptor, &nothing, 1) != 0)
        {
            // Interrupted by a signal: nobody writes.
        }
        _ = Native.kill(Native.getpid(), SIGKILL);
    }
}
