using System.Runtime.InteropServices;
using SealFs.Fuse.Abi;
using SealFs.Fuse.Native;
using SealFs.Fuse.Session;

namespace SealFs.Fuse.Transport;

/// <summary>
/// Blocking reads and writes on /dev/fuse. First stop of a request on its way: read here, then <see cref="FuseDispatcher"/>.
/// A reply goes through the descriptor its request was read from: another clone would not know it.
/// </summary>
internal unsafe class DeviceTransport(int[] descriptors, int workers, RequestPool pool, FuseDispatcher dispatcher) : IFuseTransport
{
    private const int F_GETFL = 3;
    private const int F_SETFL = 4;
    private const int O_NONBLOCK = 0x800;

    private volatile bool _stopping;

    public int Workers => workers;

    protected RequestPool Pool => pool;

    protected FuseDispatcher Dispatcher => dispatcher;

    protected bool Stopping => _stopping;

    public virtual FuseExitReason Run(FuseWorker worker)
    {
        var descriptor = DescriptorOf(worker);
        SetBlocking(descriptor, true);
        while (worker.Left.TryDequeue(out var left))
        {
            worker.EnsureBuffer();
            dispatcher.Dispatch(worker, left);
        }
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
                var attached = request;
                request = null;
                Dispatch(worker, attached, descriptor, length);
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

    public int Ways => descriptors.Length;

    public void Route(FuseRequest request, int way) => request.TransportTag = descriptors[way];

    public int Send(int way, byte* message, int length) => Libc.write(descriptors[way], message, length) == length ? 0 : Marshal.GetLastPInvokeError();

    public int Notify(FuseSegment* segments, int count) =>
        Libc.writev(descriptors[0], segments, count) >= 0 ? 0 : Marshal.GetLastPInvokeError();

    public void Wake(FuseWorker worker)
    {
        _stopping = true;
        WakeSignal.Send(worker.KernelThreadId);
    }

    protected int DescriptorOf(FuseWorker worker) => descriptors[worker.Index % descriptors.Length];

    /// <summary>The mode belongs to the open file, so a daemon finds what its predecessor left.</summary>
    protected static void SetBlocking(int descriptor, bool blocks)
    {
        var flags = Libc.fcntl(descriptor, F_GETFL, 0);
        _ = Libc.fcntl(descriptor, F_SETFL, blocks ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
    }

    protected void Dispatch(FuseWorker worker, FuseRequest request, int descriptor, int length)
    {
        request.TransportTag = descriptor;
        request.Attach(worker, length);
        dispatcher.Dispatch(worker, request);
    }

    /// <summary>
    /// EINTR: a signal; EAGAIN: another worker was faster; ENOENT: the request was interrupted while it was handed over. All of them: read again.
    /// ENODEV: unmounted. ECONNABORTED: aborted (with FUSE_ABORT_ERROR).
    /// </summary>
    protected FuseExitReason? EndsWorker(FuseWorker worker, int errno)
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
