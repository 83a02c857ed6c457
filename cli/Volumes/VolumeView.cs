using System.Globalization;
using SealFs.Cli.Settings;
using SealFs.Core.Control.V1;

namespace SealFs.Cli.Volumes;

/// <summary>A volume as the commands print it. Quotas of 0 mean unlimited.</summary>
internal sealed record VolumeView(
    string Name, uint Id, string State, ulong SizeBytes, ulong UsedBytes, ulong Inodes, ulong UsedInodes, ulong ChunkSizeBytes, ulong InlineLimitBytes,
    string Durability, uint Sessions, DateTimeOffset Created)
{
    public static VolumeView Of(VolumeInfo volume) => new(
        volume.Name, volume.Id, volume.State == VolumeState.Deleting ? "deleting" : "active", volume.QuotaBytes, volume.UsedBytes, volume.QuotaInodes,
        volume.UsedInodes, volume.ChunkSizeBytes, volume.InlineLimitBytes, volume.Durability == VolumeDurability.Sync ? "sync" : "default",
        volume.LiveSessions, DateTimeOffset.FromUnixTimeMilliseconds(volume.CreatedUnixMs));

    public static string Size(ulong bytes) => bytes == 0 ? "unlimited" : ByteSize.Format(bytes);

    public static string Count(ulong count) => count == 0 ? "unlimited" : count.ToString(CultureInfo.InvariantCulture);

    public string Describe() => $"""
        Volume {Name} (id {Id}, {State})
          size         {Size(SizeBytes)}, {ByteSize.Format(UsedBytes)} used
          inodes       {Count(Inodes)}, {UsedInodes} used
          chunk size   {ByteSize.Format(ChunkSizeBytes)}
          inline limit {ByteSize.Format(InlineLimitBytes)} (smaller files are stored beside their inode)
          durability   {Durability}
          sessions     {Sessions}
          created      {Created:yyyy-MM-dd HH:mm:ss} UTC

        """;
}
