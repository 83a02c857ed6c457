using SealFs.Core;
using SealFs.Manager.Store;

namespace SealFs.Manager.Sessions;

/// <summary>A live session.</summary>
internal sealed class SessionEntry(SessionRecord record, long leaseEnd)
{
    public SessionRecord Record { get; } = record;

    public SessionId Id => new(Record.Id);

    public VolumeId Volume => new(Record.VolumeId);

    /// <summary>Timestamp of the manager's clock at which the lease runs out.</summary>
    public long LeaseEnd { get; set; } = leaseEnd;
}
