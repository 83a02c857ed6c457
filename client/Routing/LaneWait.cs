using System.Diagnostics;
using SealFs.Core.Rpc;
using SealFs.Fuse;

namespace SealFs.Client.Routing;

/// <summary>
/// A FUSE worker's thread that is the receiver of its lane's connections too: a request is read, sent, answered and replied to on one thread, and under load many
/// of them in one round.
/// </summary>
/// <remarks>
/// Waking a sleeping thread on another processor costs more than everything else that a small operation does: so <see cref="LookAgain"/>.
/// </remarks>
internal sealed class LaneWait(RpcReceiverGroup lane) : IFuseWait
{
    private int _descriptor;

    // After a request a node's answer is expected, after an answer the application's next request: how soon the one comes says nothing about the other.
    private LookAgain _answers;
    private LookAgain _requests;
    private bool _isAnswerNext;

    public void Attach(int descriptor)
    {
        _descriptor = descriptor;
        lane.TakeOver();
        lane.Watch(descriptor);
    }

    public bool Wait()
    {
        var isReadable = _isAnswerNext ? Wait(ref _answers) : Wait(ref _requests);
        _isAnswerNext = isReadable;
        return isReadable;
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

    private bool Wait(ref LookAgain lookAgain)
    {
        var since = Stopwatch.GetTimestamp();
        var isReadable = lane.Serve(0, out var isIdle);
        if (!isIdle)
            return isReadable;
        if (lookAgain.IsWorthWhile)
        {
            var until = LookAgain.EndOf(since);
            while (isIdle && Stopwatch.GetTimestamp() < until)
            {
                Thread.Yield();
                isReadable = lane.Serve(0, out isIdle);
            }
        }

        if (isIdle)
            isReadable = lane.Serve(-1, out _);
        lookAgain.Waited(since);
        return isReadable;
    }
}
