using SealFs.Core;
using SealFs.Core.Rpc;

namespace SealFs.Client.Buffering;

/// <summary>A piece of a file that was asked for before an application did. It lies within one chunk. Guarded by its file's gate.</summary>
internal sealed class ReadBlock(ulong offset, int length, RpcBuffer buffer, long askedMs)
{
    public ulong Offset { get; } = offset;

    public int Length { get; } = length;

    public ulong End => Offset + (uint)Length;

    /// <summary>One reference belongs to the block; readers take their own.</summary>
    public RpcBuffer Buffer { get; } = buffer;

    /// <summary>Bytes the server had; the rest of the block reads as zeros.</summary>
    public int ValidBytes { get; set; }

    public Errno Status { get; set; }

    public bool IsDone { get; set; }

    /// <summary>Not wanted any more: it goes when it arrives.</summary>
    public bool IsDropped { get; set; }

    /// <summary>When it was asked for, ms of the clock.</summary>
    public long AskedMs => askedMs;

    /// <summary>Completes, in place, when the block is done.</summary>
    public TaskCompletionSource Arrival { get; } = new();
}
