using System.Globalization;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;

namespace SealFs.CsiDriver.Controller;

/// <summary>
/// The parameters of a StorageClass:
/// <code>
/// manager      managers of the cluster, host:port[,host:port…]; the driver's own when absent
/// inodes       inode quota; unlimited when absent
/// chunkSize    bytes, a power of two from 65536 to 4194304
/// inlineLimit  bytes; files up to this size are stored beside their inode
/// durability   default | sync
/// </code>
/// Those that begin with csi.storage.k8s.io/ are the provisioner's and mean nothing here.
/// </summary>
internal sealed record VolumeParameters
{
    private const string ProvisionerPrefix = "csi.storage.k8s.io/";

    public string Managers { get; private init; } = "";

    public ulong Inodes { get; private init; }

    public ulong? ChunkSizeBytes { get; private init; }

    public ulong? InlineLimitBytes { get; private init; }

    public VolumeDurability? Durability { get; private init; }

    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT: one is unknown or has a wrong value.</exception>
    public static VolumeParameters Parse(IEnumerable<KeyValuePair<string, string>> parameters)
    {
        var result = new VolumeParameters();
        foreach (var (name, value) in parameters)
        {
            if (name.StartsWith(ProvisionerPrefix, StringComparison.Ordinal))
                continue;
            result = name switch
            {
                "manager" => result with { Managers = value.Replace(" ", "", StringComparison.Ordinal) },
                "inodes" => result with { Inodes = Number(name, value) },
                "chunkSize" => result with { ChunkSizeBytes = Number(name, value) },
                "inlineLimit" => result with { InlineLimitBytes = Number(name, value) },
                "durability" => result with { Durability = DurabilityOf(value) },
                _ => throw Refusal.Invalid($"There is no parameter '{name}': manager, inodes, chunkSize, inlineLimit and durability are."),
            };
        }
        return result;
    }

    public CreateVolumeRequest ToRequest(string name, ulong quotaBytes)
    {
        var request = new CreateVolumeRequest
        {
            Name = name,
            QuotaBytes = quotaBytes,
            QuotaInodes = Inodes,
            ChunkSizeBytes = ChunkSizeBytes ?? 0,
            Durability = Durability ?? VolumeDurability.Default,
        };
        if (InlineLimitBytes is { } limit)
            request.InlineLimitBytes = limit;
        return request;
    }

    /// <summary>Whether a volume that exists could have been created with these.</summary>
    public bool Fit(VolumeInfo volume) =>
        volume.ChunkSizeBytes == (ChunkSizeBytes ?? ControlLimits.DefaultChunkSizeBytes)
        && volume.InlineLimitBytes == (InlineLimitBytes ?? ControlLimits.DefaultInlineLimitBytes)
        && volume.Durability == (Durability ?? VolumeDurability.Default)
        && volume.QuotaInodes == Inodes;

    private static ulong Number(string name, string value) =>
        ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Refusal.Invalid($"The parameter '{name}' is a whole number, not '{value}'.");

    private static VolumeDurability DurabilityOf(string value) => value switch
    {
        "default" => VolumeDurability.Default,
        "sync" => VolumeDurability.Sync,
        _ => throw Refusal.Invalid($"The parameter 'durability' is default or sync, not '{value}'."),
    };
}
