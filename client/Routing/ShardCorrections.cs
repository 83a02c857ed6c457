using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;

namespace SealFs.Client.Routing;

/// <summary>
/// Where single shards are served now, as nodes said who do not serve them any more: corrections of a cluster map that is a moment behind. Immutable. There is
/// none in the steady state, because the next map has what they say.
/// </summary>
internal sealed class ShardCorrections
{
    private readonly Dictionary<ShardId, EpochHint> _hints;

    private ShardCorrections(Dictionary<ShardId, EpochHint> hints) => _hints = hints;

    /// <summary>These corrections and one more.</summary>
    public static ShardCorrections With(ShardCorrections? before, ShardId shard, in EpochHint hint)
    {
        var hints = before is null ? [] : new Dictionary<ShardId, EpochHint>(before._hints);
        hints[shard] = hint;
        return new ShardCorrections(hints);
    }

    /// <summary>What a map does not know yet; null when it knows everything.</summary>
    public static ShardCorrections? Without(ShardCorrections? before, ClusterMap map)
    {
        if (before is null)
            return null;
        var left = before._hints.Where(entry => Corrects(map, entry.Key, entry.Value)).ToDictionary();
        return left.Count == 0 ? null : left.Count == before._hints.Count ? before : new ShardCorrections(left);
    }

    /// <summary>True when a hint is newer than what a map says of the shard, and names a node that can be reached by the map.</summary>
    public static bool Corrects(ClusterMap map, ShardId shard, in EpochHint hint) =>
        map.Contains(shard) && hint.Epoch > map.EpochOf(shard) && map.Node(hint.Primary) is not null;

    public bool TryGet(ShardId shard, out EpochHint hint) => _hints.TryGetValue(shard, out hint);
}
