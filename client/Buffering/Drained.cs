using SealFs.Core;

namespace SealFs.Client.Buffering;

/// <summary>How waiting for dirty data has ended.</summary>
/// <param name="Status">EINTR when the wait was given up because the kernel request was interrupted; otherwise success, also where data could not be written.</param>
/// <param name="SyncedBy">The node that answered the last write when everything it has of the file was on its disk; none (0) is the usual answer for files of more than one chunk.</param>
/// <param name="SizeBytes">The size that the servers know, where a commit has told it.</param>
/// <param name="LossCount">The file's <see cref="FileState.LossCount"/> when the wait began.</param>
internal readonly record struct Drained(Errno Status, NodeId SyncedBy, ulong? SizeBytes, int LossCount);
