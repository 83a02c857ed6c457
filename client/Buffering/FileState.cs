using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Rpc;

namespace SealFs.Client.Buffering;

/// <summary>
/// What this client holds of a file that is open, dirty or in use by a request: nothing that the servers or the shared arena do not know too, apart from
/// caches. Pooled; <see cref="FileTable"/> hands it out. Everything but <see cref="Pins"/> is guarded by <see cref="Gate"/>, which is never held across a system call.
/// </summary>
internal sealed class FileState
{
    public readonly Lock Gate = new();

    /// <summary>Dirty ranges, oldest first.</summary>
    public readonly List<Extent> Extents = [];

    /// <summary>Ranges that the servers have acknowledged and may lose, kept to be sent again; oldest answer first.</summary>
    public readonly List<Extent> Kept = [];

    public InodeId Inode { get; private set; }

    /// <summary>Holders of this object; guarded by the table.</summary>
    public int Pins { get; set; }

    /// <summary>Open files of the kernel; they hold one pin together.</summary>
    public int Opens { get; set; }

    public ulong Stamp { get; set; }

    /// <summary>Index of the record in the arena, or -1.</summary>
    public int Record { get; set; }

    /// <summary>The size as this mount's applications see it, dirty data included.</summary>
    public ulong SizeBytes { get; set; }

    public bool IsSizeKnown { get; set; }

    /// <summary>Version of the content that the kernel's page cache and <see cref="Content"/> hold; 0 when it is not known.</summary>
    public ulong Version { get; set; }

    /// <summary>Changes with every write and truncation: an answer that was asked for before says nothing about the size any more.</summary>
    public ulong WriteCount { get; set; }

    /// <summary>The whole content of a small file, which came with an open.</summary>
    public RpcBuffer? Content { get; set; }

    /// <summary>Sequential readers of this file; null until the first.</summary>
    public ReadAhead? ReadAhead { get; set; }

    /// <summary>Ranges up to this order are to be sent.</summary>
    public ulong SendUpTo { get; set; }

    public int InFlight { get; set; }

    /// <summary>Data reached the servers whose size and time the inode does not have yet.</summary>
    public bool IsCommitNeeded { get; set; }

    public bool IsCommitting { get; set; }

    /// <summary>By how much the space that chunks above 0 take has changed since the last commit: the inode's shard is told with the next.</summary>
    public long CommitAllocatedBytes { get; set; }

    public ulong CommitSizeBytes { get; set; }

    /// <summary>The number of cuts of the file after which the chunks above 0 were written that this size covers; NoCuts for none.</summary>
    public uint CommitCuts { get; set; }

    /// <summary>Shards of chunks that were written since the last commit began, whose records may not be on stable storage.</summary>
    public List<ShardId>? Pending { get; set; }

    public long CommitTimeNs { get; set; }

    public bool CommitKillsSetIds { get; set; }

    /// <summary>The size that the inode's shard has acknowledged and may lose.</summary>
    public ulong UnsyncedSizeBytes { get; set; }

    /// <summary>The modification time of the same; 0 when there is nothing of that kind.</summary>
    public long UnsyncedTimeNs { get; set; }

    /// <summary>When it was acknowledged, by the arena's count.</summary>
    public ulong UnsyncedSizeOrder { get; set; }

    /// <summary>The inode's shard is being asked where appended bytes go.</summary>
    public bool IsPlacing { get; set; }

    /// <summary>The kernel may have pages of the file in its cache that were read since the last append past it.</summary>
    public bool MayBeCached { get; set; }

    /// <summary>How often something acknowledged was found to be lost.</summary>
    public int LossCount { get; set; }

    /// <summary>The last fsync has failed, and every handle is told.</summary>
    public bool IsSyncFailed { get; set; }

    /// <summary>Failures of deferred writes. Changed by <see cref="SharedArena.SetErrors"/>.</summary>
    public ErrorState Errors { get; set; }

    /// <summary>The kernel was told of a mode with set-id bits: the next write that kills them has to tell it.</summary>
    public bool ShowsSetIds { get; set; }

    /// <summary>True while dirty data hold a pin.</summary>
    public bool IsDirtyPinned { get; set; }

    /// <summary>When the oldest dirty data came, on the router's clock.</summary>
    public long DirtySinceMs { get; set; }

    /// <summary>Those who wait for dirty data to be gone; linked by <see cref="DrainWaiter.Next"/>.</summary>
    public DrainWaiter? Waiters { get; set; }

    /// <summary>True while something is not at the servers.</summary>
    public bool IsDirty => Extents.Count > 0 || IsCommitNeeded || IsCommitting;

    public void Begin(InodeId inode)
    {
        // A pump that still held the object of its former file may be looking at it.
        lock (Gate)
            Reset(inode);
    }

    /// <summary>Drops what was read and kept. Under the gate.</summary>
    public void DropContent()
    {
        Content?.Dispose();
        Content = null;
        ReadAhead?.Drop();
    }

    /// <summary>The newest modification time of data that the servers' inode does not show yet; 0 when there are none. Under the gate.</summary>
    public long DirtyTimeNs()
    {
        var newest = IsCommitNeeded || IsCommitting ? CommitTimeNs : 0;
        foreach (var extent in Extents)
            newest = Math.Max(newest, extent.ModifyTimeNs);
        return newest;
    }

    /// <summary>Whether set-id bits go with data that the servers' inode does not show yet. Under the gate.</summary>
    public bool DirtyDataKillSetIds()
    {
        if (CommitKillsSetIds && (IsCommitNeeded || IsCommitting))
            return true;
        foreach (var extent in Extents)
        {
            if (extent.KillSetIds)
                return true;
        }
        return false;
    }

    /// <summary>The least size that dirty data give the file; 0 when there are none. Under the gate.</summary>
    public ulong DirtyEnd()
    {
        var end = IsCommitNeeded || IsCommitting ? CommitSizeBytes : 0;
        foreach (var extent in Extents)
            end = Math.Max(end, extent.End);
        return end;
    }

    private void Reset(InodeId inode)
    {
        Inode = inode;
        Pins = 0;
        Opens = 0;
        Stamp = 0;
        Record = -1;
        IsSizeKnown = false;
        Version = 0;
        SendUpTo = 0;
        InFlight = 0;
        IsCommitNeeded = IsCommitting = CommitKillsSetIds = ShowsSetIds = IsSyncFailed = false;
        CommitSizeBytes = 0;
        CommitAllocatedBytes = 0;
        CommitCuts = CommitWriteRequest.NoCuts;
        Pending = null;
        CommitTimeNs = 0;
        Errors = default;
        UnsyncedSizeBytes = UnsyncedSizeOrder = 0;
        UnsyncedTimeNs = 0;
        LossCount = 0;
        IsPlacing = MayBeCached = false;
    }
}
