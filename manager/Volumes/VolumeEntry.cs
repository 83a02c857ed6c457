using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.Manager.Quota;
using SealFs.Manager.Store;

namespace SealFs.Manager.Volumes;

/// <summary>A volume with its quota accounts.</summary>
internal sealed class VolumeEntry
{
    /// <param name="record">What is stored.</param>
    /// <param name="unheard">Nodes that may hold ceilings from before the manager started.</param>
    public VolumeEntry(VolumeRecord record, IReadOnlyCollection<NodeId> unheard)
    {
        Record = record;
        Bytes = new QuotaAccount(record.QuotaBytes, QuotaAccount.SmallRemainderBytes, unheard);
        Inodes = new QuotaAccount(record.QuotaInodes, QuotaAccount.SmallRemainderInodes, unheard);
        NotYetPurging = [.. record.PurgePending.Select(id => new NodeId(id))];
    }

    public VolumeRecord Record { get; set; }

    public VolumeId Id => new(Record.Id);

    public bool IsActive => Record.State == VolumeState.Active;

    public QuotaAccount Bytes { get; }

    public QuotaAccount Inodes { get; }

    /// <summary>
    /// Nodes that have to purge but may still report an earlier purge as done: they are asked when they have stopped reporting it.
    /// </summary>
    public HashSet<NodeId> NotYetPurging { get; }

    public bool IsTight => Bytes.IsTight || Inodes.IsTight;
}
