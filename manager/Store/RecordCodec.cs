using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Google.Protobuf;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;
using SealFs.Manager.Balance;
using SealFs.Manager.Moves;

namespace SealFs.Manager.Store;

/// <summary>
/// Keys and values of the records: JSON, so that the state can be read in an emergency and fields can be added; the shards of the map as protocol
/// buffers, many to a record.
/// </summary>
internal static partial class RecordCodec
{
    public const string ClusterKey = "cluster";
    public const string NodePrefix = "node/";
    public const string MapPrefix = "map/";
    public const string VolumePrefix = "volume/";
    public const string SessionPrefix = "session/";
    public const string UsagePrefix = "usage/";
    public const string MovePrefix = "move/";
    public const string MoveTotalsKey = "moves";
    public const string PlacementKey = "placement";
    public const string BalanceKey = "balance";

    public static string NodeKey(NodeId id) => $"{NodePrefix}{id.Value:D10}";

    public static string MapKey(int page) => $"{MapPrefix}{page:D6}";

    public static string VolumeKey(VolumeId id) => $"{VolumePrefix}{id.Value:D7}";

    public static string SessionKey(SessionId id) => $"{SessionPrefix}{id.Value:x16}";

    public static string UsageKey(NodeId id) => $"{UsagePrefix}{id.Value:D10}";

    public static string MoveKey(ulong id) => $"{MovePrefix}{id:D20}";

    public static StoreBatch Put(this StoreBatch batch, ClusterRecord record) => batch.Put(ClusterKey, Bytes(record, Json.Default.ClusterRecord));

    public static StoreBatch Put(this StoreBatch batch, NodeRecord record) => batch.Put(NodeKey(new(record.Id)), Bytes(record, Json.Default.NodeRecord));

    public static StoreBatch Put(this StoreBatch batch, VolumeRecord record) => batch.Put(VolumeKey(new(record.Id)), Bytes(record, Json.Default.VolumeRecord));

    public static StoreBatch Put(this StoreBatch batch, SessionRecord record) => batch.Put(SessionKey(new(record.Id)), Bytes(record, Json.Default.SessionRecord));

    public static StoreBatch Put(this StoreBatch batch, UsageRecord record) => batch.Put(UsageKey(new(record.NodeId)), Bytes(record, Json.Default.UsageRecord));

    public static StoreBatch Put(this StoreBatch batch, MoveRecord record) => batch.Put(MoveKey(record.Id), Bytes(record, Json.Default.MoveRecord));

    public static StoreBatch Put(this StoreBatch batch, MoveTotalsRecord record) => batch.Put(MoveTotalsKey, Bytes(record, Json.Default.MoveTotalsRecord));

    public static StoreBatch Put(this StoreBatch batch, PlacementRecord record) => batch.Put(PlacementKey, Bytes(record, Json.Default.PlacementRecord));

    public static StoreBatch Put(this StoreBatch batch, BalanceRecord record) => batch.Put(BalanceKey, Bytes(record, Json.Default.BalanceRecord));

    /// <summary>The shards of a built map, in pages: all of them, or only those in which one of the given shards lies.</summary>
    public static StoreBatch PutShards(this StoreBatch batch, ClusterMap map, IEnumerable<ShardId>? changed = null)
    {
        var pages = changed?.Select(shard => (int)shard.Value / Limits.ShardsPerMapPage).Distinct()
            ?? Enumerable.Range(0, (map.Shards.Length + Limits.ShardsPerMapPage - 1) / Limits.ShardsPerMapPage);
        foreach (var page in pages)
        {
            var diff = new MapDiff();
            var first = page * Limits.ShardsPerMapPage;
            for (var index = first; index < Math.Min(first + Limits.ShardsPerMapPage, map.Shards.Length); index++)
                diff.Shards.Add(ClusterMapCodec.ToProto(new ShardId((uint)index), map.Shards[index]));
            batch.Put(MapKey(page), diff.ToByteArray());
        }
        return batch;
    }

    public static ClusterRecord? Cluster(IReadOnlyDictionary<string, byte[]> records) => One(records, ClusterKey, Json.Default.ClusterRecord);

    public static IEnumerable<NodeRecord> Nodes(IReadOnlyDictionary<string, byte[]> records) => All(records, NodePrefix, Json.Default.NodeRecord);

    public static IEnumerable<VolumeRecord> Volumes(IReadOnlyDictionary<string, byte[]> records) => All(records, VolumePrefix, Json.Default.VolumeRecord);

    public static IEnumerable<SessionRecord> Sessions(IReadOnlyDictionary<string, byte[]> records) => All(records, SessionPrefix, Json.Default.SessionRecord);

    public static IEnumerable<UsageRecord> Usage(IReadOnlyDictionary<string, byte[]> records) => All(records, UsagePrefix, Json.Default.UsageRecord);

    public static IEnumerable<MoveRecord> Moves(IReadOnlyDictionary<string, byte[]> records) => All(records, MovePrefix, Json.Default.MoveRecord);

    public static MoveTotalsRecord MoveTotals(IReadOnlyDictionary<string, byte[]> records) => One(records, MoveTotalsKey, Json.Default.MoveTotalsRecord) ?? new();

    public static PlacementRecord Placement(IReadOnlyDictionary<string, byte[]> records) => One(records, PlacementKey, Json.Default.PlacementRecord) ?? new();

    public static BalanceRecord Balance(IReadOnlyDictionary<string, byte[]> records) => One(records, BalanceKey, Json.Default.BalanceRecord) ?? BalanceRecord.Default;

    public static IEnumerable<MapShard> Shards(IReadOnlyDictionary<string, byte[]> records) =>
        Under(records, MapPrefix).SelectMany(record => MapDiff.Parser.ParseFrom(record.Value).Shards);

    private static IEnumerable<KeyValuePair<string, byte[]>> Under(IReadOnlyDictionary<string, byte[]> records, string prefix) => records
        .Where(record => record.Key.StartsWith(prefix, StringComparison.Ordinal))
        .OrderBy(record => record.Key, StringComparer.Ordinal);

    private static T? One<T>(IReadOnlyDictionary<string, byte[]> records, string key, JsonTypeInfo<T> type)
        where T : class =>
        records.TryGetValue(key, out var bytes) ? Parse(key, bytes, type) : null;

    private static IEnumerable<T> All<T>(
        IReadOnlyDictionary<string, byte[]> records, string prefix, JsonTypeInfo<T> type) =>
        Under(records, prefix).Select(record => Parse(record.Key, record.Value, type));

    private static byte[] Bytes<T>(T record, JsonTypeInfo<T> type) =>
        JsonSerializer.SerializeToUtf8Bytes(record, type);

    private static T Parse<T>(string key, byte[] bytes, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, type) ?? throw new InvalidDataException($"The manager's record '{key}' is empty.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The manager's record '{key}' cannot be read: {e.Message}", e);
        }
    }

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
    [JsonSerializable(typeof(ClusterRecord))]
    [JsonSerializable(typeof(NodeRecord))]
    [JsonSerializable(typeof(VolumeRecord))]
    [JsonSerializable(typeof(SessionRecord))]
    [JsonSerializable(typeof(UsageRecord))]
    [JsonSerializable(typeof(MoveRecord))]
    [JsonSerializable(typeof(MoveTotalsRecord))]
    [JsonSerializable(typeof(PlacementRecord))]
    [JsonSerializable(typeof(BalanceRecord))]
    private sealed partial class Json : JsonSerializerContext;
}
