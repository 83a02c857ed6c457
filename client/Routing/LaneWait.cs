using System.Diagnostics;
using SealFs.Core.Rpc;
using SealFs.Fuse;

namespace SealFs.Client.Routing;

/// <summary>
/// A FUSE worker's thread that is the receiver of its lane's connections too: a request is read, sent, answered and replied to on one thread, and under load many
/// of them in one round.
/// </summary>
/// <remarks>
/// Waking a sleeping thread on another processor costs more than everything else that a small operation does. So the worker looks again for a moment before it
/// sleeps, as long as that was worth while lately: <see cref="Limits.LookAgain"/>.
/// </remarks>
internal sealed class LaneWait(RpcReceiverGroup lane) : IFuseWait
{
    private static readonly long s_lookAgainTicks = (long)(Limits.LookAgain.TotalSeconds * Stopwatch.Frequency);

    private int _descriptor;

    public void Attach(int descriptor)
    {
        _descriptor = descriptor;
        lane.TakeOver();
        lane.Watch(descriptor);
    }

    public bool Wait()
    {
        if (s_lookAgainTicks == 0)
            return lane.Serve(-1, out _);
        var isReadable = lane.Serve(0, out var isIdle);
        if (!isIdle)
            return isReadable;
        var until = Stopwatch.GetTimestamp() + s_lookAgainTicks;
        do
        {
            Thread.Yield();
            isReadable = lane.Serve(0, out isIdle);
            if (!isIdle)
                return isReadable;
        }
        while (Stopwatch.GetTimestamp() < until);
        return lane.Serve(-1, out _);
    }

    public void WaitForRoom(TimeSpan atMost)
    {
        lane.Unwatch(_descriptor);
        lane.Serve((int)atMost.TotalMilliseconds, out _);
        lane.Watch(_descriptor);
    }

    public void Flush() => lane.Flush();

    public void Detach(int descriptor)
    {
        lane.Unwatch(descriptor);
        lane.GiveBack();
    }
}
