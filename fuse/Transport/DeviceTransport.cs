using System.Runtime.InteropServices;
using SealFs.Fuse.Abi;
using SealFs.Fuse.Native;
using SealFs.Fuse.Session;

namespace SealFs.Fuse.Transport;

/// <summary>
/// Blocking reads and writes on /dev/fuse. First stop of a request on its way: read here, then <see cref="FuseDispatcher"/>.
/// A reply goes through the descriptor its request was read from: another clone would not know it.
/// </summary>
internal sealed unsafe class DeviceTransport(int[] descriptors, int workers, RequestPool pool, FuseDispatcher dispatcher) : IFuseTransport
{
    private volatile bool _stopping;

    public int Workers => workers;

    public FuseExitReason Run(FuseWorker worker)
    {
        var descriptor = descriptors[worker.Index % descriptors.Length];
        var request = pool.Take();
        try
        {
            while (true)
            {
                worker.EnsureBuffer();
                if (_stopping) return FuseExitReason.Stopped;
                var length = (int)Libc.read(descriptor, worker.Buffer, pool.Buffers.BufferBytes);
                if (length < 0)
                {
                    if (EndsWorker(worker, Marshal.GetLastPInvokeError()) is { } reason) return reason;
                    continue;
                }
                request.TransportTag = descriptor;
                request.Attach(worker, length);
                var attached = request;
                request = null;
                dispatcher.Dispatch(worker, attached);
                request = pool.Take();
            }
        }
        finally
        {
            if (request != null) pool.Return(request);
        }
    }

    public int Reply(FuseRequest request, byte* message, int length) =>
        Libc.write(request.TransportTag, message, length) == length ? 0 : Marshal.GetLastPInvokeError();

    public int Reply(FuseRequest request, FuseSegment* segments, int count) =>
        Libc.writev(request.TransportTag, segments, count) >= 0 ? 0 : Marshal.GetLastPInvokeError();

    public int Notify(FuseSegment* segments, int count) =>
        Libc.writev(descriptors[0], segments, count) >= 0 ? 0 : Marshal.GetLastPInvokeError();

    public void Wake(FuseWorker worker)
    {
        _stopping = true;
        WakeSignal.Send(worker.KernelThreadId);
    }

    /// <summary>
    /// EINTR: a signal; EAGAIN: another worker was faster; ENOENT: the request was interrupted while it was handed over. All of them: read again.
    /// ENODEV: unmounted. ECONNABORTED: aborted (with FUSE_ABORT_ERROR).
    /// </summary>
    private FuseExitReason? EndsWorker(FuseWorker worker, int errno)
    {
        switch (errno)
        {
            case FuseErrno.EINTR or FuseErrno.EAGAIN or FuseErrno.ENOENT:
                return null;
            case FuseErrno.ENODEV or FuseErrno.ECONNABORTED:
                return FuseExitReason.Unmounted;
            default:
                pool.Observer?.ReadFailed(worker.Index, errno);
                return FuseExitReason.Failed;
        }
    }
}
