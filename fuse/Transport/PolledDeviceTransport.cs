using System.Runtime.InteropServices;
using SealFs.Fuse.Native;
using SealFs.Fuse.Session;

namespace SealFs.Fuse.Transport;

/// <summary>
/// Reads on /dev/fuse by workers that wait for other things too (<see cref="IFuseWait"/>). A worker takes several requests when they are there, so that what
/// they cause leaves together. It never waits for a request object or a buffer: what would free them may be this very thread's to do.
/// </summary>
internal sealed unsafe class PolledDeviceTransport(int[] descriptors, int workers, RequestPool pool, FuseDispatcher dispatcher, Func<int, IFuseWait> waits)
    : DeviceTransport(descriptors, workers, pool, dispatcher)
{
    public override FuseExitReason Run(FuseWorker worker)
    {
        var descriptor = DescriptorOf(worker);
        SetBlocking(descriptor, false);
        var wait = waits(worker.Index);
        wait.Attach(descriptor);
        try
        {
            DispatchLeft(worker, wait);
            while (!Stopping)
            {
                var reason = HasRoom(worker) ? Round(worker, descriptor, wait) : WaitForRoom(wait);
                wait.Flush();
                if (reason is { } ended) return ended;
            }
            return FuseExitReason.Stopped;
        }
        finally
        {
            wait.Detach(descriptor);
        }
    }

    private void DispatchLeft(FuseWorker worker, IFuseWait wait)
    {
        while (worker.Left.Count > 0)
        {
            for (var count = 0; count < Limits.RequestsPerRound && worker.Left.TryDequeue(out var left); count++)
                Dispatcher.Dispatch(worker, left);
            wait.Flush();
        }
    }

    private bool HasRoom(FuseWorker worker) => worker.TryEnsureBuffer() && Pool.HasRoom;

    private static FuseExitReason? WaitForRoom(IFuseWait wait)
    {
        wait.WaitForRoom(Limits.RoomPoll);
        return null;
    }

    private FuseExitReason? Round(FuseWorker worker, int descriptor, IFuseWait wait) => wait.Wait() ? ReadAll(worker, descriptor) : null;

    /// <summary>Reads until nothing is left, a few at most, so that the sockets get their turn.</summary>
    private FuseExitReason? ReadAll(FuseWorker worker, int descriptor)
    {
        for (var count = 0; count < Limits.RequestsPerRound && HasRoom(worker) && Pool.TryTake() is { } request; count++)
        {
            var length = (int)Libc.read(descriptor, worker.Buffer, Pool.Buffers.BufferBytes);
            if (length < 0)
            {
                var errno = Marshal.GetLastPInvokeError();
                Pool.Return(request);
                if (errno != FuseErrno.ENOENT) return EndsWorker(worker, errno);
                continue;
            }
            Dispatch(worker, request, descriptor, length);
        }
        return null;
    }
}
