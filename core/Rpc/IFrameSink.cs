using SealFs.Core.Wire;

namespace SealFs.Core.Rpc;

/// <summary>What a connection does with the frames that were cut out of its stream.</summary>
internal unsafe interface IFrameSink
{
    /// <summary>True stops parsing before the next frame.</summary>
    bool Paused { get; }

    /// <summary>A frame begins, and nothing was allocated for it yet. A string refuses it and ends the connection.</summary>
    string? Admit(in FrameHeader header);

    /// <summary>Size of the buffer that frames are received into; at least that of the longest frame that is admitted and not large.</summary>
    int SlabBytes { get; }

    /// <summary>A large frame begins, and nothing was allocated for it yet. False stops parsing before it, as <see cref="Paused"/> does.</summary>
    bool MayTake(in FrameHeader header);

    /// <summary>
    /// A large frame begins. Returns native memory of at least PayloadLength bytes that stays valid until <see cref="OnFrame"/> for
    /// this frame or the end of the connection; or 0 for a pooled buffer.
    /// </summary>
    nint ClaimPayload(in FrameHeader header);

    /// <summary>A complete frame. Body and payload live in the buffer unless claimed; to keep them, add a reference.</summary>
    void OnFrame(in FrameHeader header, RpcBuffer buffer, byte* body, byte* payload);
}
