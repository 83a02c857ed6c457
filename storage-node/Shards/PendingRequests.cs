using SealFs.Core;

namespace SealFs.StorageNode.Shards;

/// <summary>
/// Mutations that will be answered later (parked, or part of a transaction). A copy that comes again meanwhile is attached and answered with the
/// first. Has its own lock, under which nothing else is locked: answers are given on any thread.
/// </summary>
public sealed class PendingRequests
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(SessionId, Sequence), NodeRequest> _requests = [];

    public int Count
    {
        get
        {
            lock (_gate)
                return _requests.Count;
        }
    }

    internal void Add(NodeRequest request)
    {
        lock (_gate)
            _requests[(request.SessionId, request.Sequence)] = request;
    }

    /// <summary>When the same mutation is pending, the request waits for its answer.</summary>
    internal bool TryAttach(NodeRequest request)
    {
        lock (_gate)
        {
            if (!_requests.TryGetValue((request.SessionId, request.Sequence), out var first) || ReferenceEquals(first, request))
                return false;
            request.NextAttached = first.NextAttached;
            first.NextAttached = request;
            return true;
        }
    }

    /// <summary>The request is being answered: takes it out, with what is attached to it.</summary>
    internal NodeRequest? Remove(NodeRequest request)
    {
        lock (_gate)
        {
            _requests.Remove((request.SessionId, request.Sequence));
            var attached = request.NextAttached;
            request.NextAttached = null;
            return attached;
        }
    }
}
