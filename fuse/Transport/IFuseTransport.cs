using SealFs.Fuse.Session;

namespace SealFs.Fuse.Transport;

/// <summary>
/// How requests come from the kernel and replies go back. Reading and writing /dev/fuse is one way; a transport over io_uring fits the same shape:
/// it fetches in <see cref="Run"/>, and a reply becomes a commit in the ring that the request came from. Users of <see cref="FuseRequest"/> see no difference.
/// </summary>
internal unsafe interface IFuseTransport
{
    /// <summary>Number of workers to run.</summary>
    int Workers { get; }

    /// <summary>The loop of one worker: fetches requests and hands each to the session, until the mount is gone or the session stops.</summary>
    FuseExitReason Run(FuseWorker worker);

    /// <summary>Commits a reply that is one piece of native memory, header included. Returns 0 or a positive errno.</summary>
    int Reply(FuseRequest request, byte* message, int length);

    /// <summary>Commits a reply in several pieces, the header first. Returns 0 or a positive errno.</summary>
    int Reply(FuseRequest request, FuseSegment* segments, int count);

    /// <summary>Ways by which requests come, numbered from 0: a reply goes back by the one its request came by.</summary>
    int Ways { get; }

    /// <summary>Sets <see cref="FuseRequest.TransportTag"/> of a request that came by a certain way.</summary>
    void Route(FuseRequest request, int way);

    /// <summary>Sends a message by a certain way, the header first. Returns 0 or a positive errno.</summary>
    int Send(int way, byte* message, int length);

    /// <summary>Sends a notification. Returns 0 or a positive errno.</summary>
    int Notify(FuseSegment* segments, int count);

    /// <summary>Makes a worker leave its <see cref="Run"/> soon; called again until it has.</summary>
    void Wake(FuseWorker worker);
}
