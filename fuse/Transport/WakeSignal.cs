using System.Runtime.InteropServices;
using SealFs.Fuse.Native;

namespace SealFs.Fuse.Transport;

/// <summary>
/// A real-time signal whose only effect is that a blocking read returns EINTR. Polling before each read would cost a system call per request.
/// </summary>
/// <remarks>
/// The handler is a function of libc that does nothing (getpid), because no managed code may run in a signal handler. It is installed without SA_RESTART.
/// </remarks>
internal static unsafe class WakeSignal
{
    /// <summary>Near the end of the real-time range; the runtime uses the first one.</summary>
    private const int Signal = 62;

    private static readonly bool Installed = Install();

    public static void Send(int kernelThreadId)
    {
        if (Installed && kernelThreadId != 0) _ = Libc.tgkill(Libc.getpid(), kernelThreadId, Signal);
    }

    private static bool Install()
    {
        var library = NativeLibrary.Load("libc", typeof(WakeSignal).Assembly, null);
        var action = new SignalAction { Handler = NativeLibrary.GetExport(library, "getpid") };
        if (Libc.sigaction(Signal, &action, null) == 0) return true;
        throw new InvalidOperationException($"sigaction failed: errno {Marshal.GetLastPInvokeError()}");
    }
}
