using SealFs.Core;
using SealFs.Core.Messages;

namespace SealFs.Client.Routing;

/// <summary>
/// Directories that this client fills, with a hash of every name that it has added: while the server's lease lasts (<see cref="NameLease"/>) no other name is there, and a lookup of one needs
/// no request. A name counts as there from the moment when it is sent, and for ever: too many are known sooner than too few.
/// </summary>
public sealed class KnownNames(Func<long> nowMs)
{
    private readonly Dictionary<InodeId, Known> _directories = [];
    private readonly Lock _gate = new();
    private volatile bool _isEmpty = true;

    /// <summary>A request that may add a name is about to be sent. Each is followed by <see cref="Answered"/>.</summary>
    public void Sending(InodeId directory, ulong nameHash)
    {
        lock (_gate)
        {
            if (!_directories.TryGetValue(directory, out var known))
            {
                MakeRoom();
                _directories.Add(directory, known = new Known());
                _isEmpty = false;
            }
            known.UnderWay++;
            if (known.Names.Count < Limits.KnownNamesPerDirectory)
                known.Names.Add(nameHash);
            else
                known.HasForgotten = true;
        }
    }

    /// <summary>The request has ended.</summary>
    /// <param name="directory">As it was sent.</param>
    /// <param name="lease">From its answer; none when it failed, or may be an earlier answer to the same request.</param>
    /// <param name="sentMs">When it was sent first.</param>
    public void Answered(InodeId directory, NameLease lease, long sentMs)
    {
        lock (_gate)
        {
            if (!_directories.TryGetValue(directory, out var known))
                return;
            known.UnderWay--;
            if (!lease.IsNone)
            {
                // Another number: somebody else has added names, unless there were none at all.
                if (lease.WasEmpty)
                    known.LeaseId = lease.Id;
                else if (known.LeaseId != lease.Id)
                    known.LeaseId = 0;
                known.UntilMs = Math.Max(known.UntilMs, sentMs + NameLease.DurationMs - NameLease.MarginMs);
            }
            if (known.UnderWay == 0 && (known.LeaseId == 0 || known.HasForgotten))
                Remove(directory);
        }
    }

    /// <summary>True when it is certain that the directory does not have the name.</summary>
    public bool IsAbsent(InodeId directory, ulong nameHash)
    {
        if (_isEmpty)
            return false;
        lock (_gate)
        {
            return _directories.TryGetValue(directory, out var known) && known.LeaseId != 0 && !known.HasForgotten
                && nowMs() < known.UntilMs && !known.Names.Contains(nameHash);
        }
    }

    /// <summary>What has requests under way stays: their names must be known when they are answered.</summary>
    private void MakeRoom()
    {
        if (_directories.Count < Limits.KnownNamesDirectories)
            return;
        var now = nowMs();
        foreach (var (directory, known) in _directories)
        {
            if (known.UnderWay == 0 && known.UntilMs <= now)
                _directories.Remove(directory);
        }
    }

    private void Remove(InodeId directory)
    {
        _directories.Remove(directory);
        _isEmpty = _directories.Count == 0;
    }

    private sealed class Known
    {
        public HashSet<ulong> Names { get; } = [];

        public int UnderWay { get; set; }

        public ulong LeaseId { get; set; }

        public long UntilMs { get; set; } = long.MinValue;

        /// <summary>There were too many names.</summary>
        public bool HasForgotten { get; set; }
    }
}
