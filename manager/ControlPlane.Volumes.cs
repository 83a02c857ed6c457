using Grpc.Core;
using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;
using SealFs.Manager.Store;
using SealFs.Manager.Tls;
using SealFs.Manager.Volumes;

namespace SealFs.Manager;

/// <summary>Volumes: create, show, resize, delete.</summary>
internal sealed partial class ControlPlane
{
    /// <param name="request">What is wanted.</param>
    /// <param name="wait">How long to wait for the first map.</param>
    /// <param name="cancellation">The caller is gone.</param>
    public async Task<VolumeInfo> CreateVolumeAsync(CreateVolumeRequest request, TimeSpan wait, CancellationToken cancellation)
    {
        if (VolumeRules.WhyRefused(request) is { } reason)
            throw Refusal.Invalid(reason);
        await WaitForMapAsync(wait, cancellation);
        using var turn = await EnterAsync(cancellation);
        if (volumes.ByName(request.Name) is not null)
            throw Refusal.Exists($"There is a volume '{request.Name}' already.");
        if (volumes.ActiveCount >= Limits.MaxActiveVolumes)
            throw Refusal.Full($"The cluster has {volumes.ActiveCount} volumes, which is the limit.");
        if (cluster.NextVolumeId > PlacementLimits.MaxVolumeId)
            throw Refusal.Full($"All {PlacementLimits.MaxVolumeId} volume ids have been used; they are never given twice.");

        var record = ToRecord(request, cluster.NextVolumeId);
        var nextCluster = cluster with { NextVolumeId = cluster.NextVolumeId + 1 };
        await SaveAsync(new StoreBatch().Put(record).Put(nextCluster));
        cluster = nextCluster;
        var volume = new VolumeEntry(record, unheard: []);
        volumes.Add(volume);
        LogVolumeCreated(record.Id, record.Name, record.QuotaBytes, record.QuotaInodes);
        Maps.Hint();
        return Describe(volume);
    }

    public async Task<IReadOnlyList<VolumeInfo>> ListVolumesAsync(bool includeDeleting, CancellationToken cancellation)
    {
        using var turn = await EnterAsync(cancellation);
        return [.. (includeDeleting ? volumes.All : volumes.Active).Select(Describe)];
    }

    public async Task<VolumeInfo> GetVolumeAsync(GetVolumeRequest request, Caller caller, CancellationToken cancellation)
    {
        using var turn = await EnterAsync(cancellation);
        var byName = request.VolumeCase != GetVolumeRequest.VolumeOneofCase.Id;
        if (byName)
            RequireGrant(caller, request.Name, readOnly: true);
        var volume = byName ? RequireVolume(request.Name) : volumes.ById(new VolumeId(request.Id));

        // To whom it is not granted it is as if it were not there: also its name is none of his business.
        if (volume is null || !caller.Grants.Allows(volume.Record.Name, readOnly: true))
            throw Refusal.NotFound($"There is no volume with id {request.Id}.");
        return Describe(volume);
    }

    public async Task<VolumeInfo> ResizeVolumeAsync(ResizeVolumeRequest request, CancellationToken cancellation)
    {
        var reason = VolumeRules.WhyQuotaIsRefused(request.QuotaBytes) ?? VolumeRules.WhyQuotaIsRefused(request.QuotaInodes);
        if (reason is not null)
            throw Refusal.Invalid(reason);
        using var turn = await EnterAsync(cancellation);
        var volume = RequireVolume(request.Name);
        var record = volume.Record with
        {
            QuotaBytes = request.HasQuotaBytes ? request.QuotaBytes : volume.Record.QuotaBytes,
            QuotaInodes = request.HasQuotaInodes ? request.QuotaInodes : volume.Record.QuotaInodes,
        };
        await SaveAsync(new StoreBatch().Put(record));
        volume.Record = record;
        volume.Bytes.Resize(record.QuotaBytes, LiveNodeIds());
        volume.Inodes.Resize(record.QuotaInodes, LiveNodeIds());
        LogVolumeResized(record.Id, record.Name, record.QuotaBytes, record.QuotaInodes);
        Maps.Hint();
        return Describe(volume);
    }

    public async Task<DeleteVolumeResponse> DeleteVolumeAsync(DeleteVolumeRequest request, CancellationToken cancellation)
    {
        using var turn = await EnterAsync(cancellation);
        var volume = RequireVolume(request.Name);
        var open = sessions.Of(volume.Id).ToList();
        if (open.Count > 0 && !request.Force)
        {
            var holders = string.Join(", ", open.Take(3).Select(session => $"{session.Record.ClientName} on {session.Record.Host}"));
            throw Refusal.State($"Volume '{request.Name}' is in use by {open.Count} session(s) ({holders}); force ends them.");
        }

        var record = volume.Record with { State = VolumeState.Deleting, PurgePending = NodesThatHoldShards() };
        var batch = new StoreBatch().Put(record);
        foreach (var session in open)
            batch.Delete(RecordCodec.SessionKey(session.Id));
        await SaveAsync(batch);
        volumes.FreeName(volume);
        volume.Record = record;
        volume.NotYetPurging.Clear();
        foreach (var session in open)
            sessions.End(session);
        LogVolumeDeleted(record.Id, record.Name, open.Count);
        Maps.Hint();
        return new DeleteVolumeResponse { Id = record.Id, EndedSessions = (uint)open.Count };
    }

    private VolumeEntry RequireVolume(string name) => volumes.ByName(name) ?? throw Refusal.NotFound($"There is no volume '{name}'.");

    private uint[] NodesThatHoldShards()
    {
        var holders = new HashSet<uint>();
        foreach (var shard in Maps.Current.Shards)
        {
            foreach (var node in shard.Replicas.InSync)
                holders.Add(node.Value);
            foreach (var node in shard.Replicas.Learners)
                holders.Add(node.Value);
        }
        return [.. holders.Order()];
    }

    private async Task WaitForMapAsync(TimeSpan wait, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(wait, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation, stopping.Token);
        try
        {
            await Maps.WaitUntilBuiltAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Refusal.NotYet($"The cluster is waiting for its storage nodes: {Maps.Current.Nodes.Length} of {options.ExpectedNodes} have registered.");
        }
    }

    private VolumeRecord ToRecord(CreateVolumeRequest request, uint id) => new()
    {
        Id = id,
        Name = request.Name,
        QuotaBytes = request.QuotaBytes,
        QuotaInodes = request.QuotaInodes,
        ChunkSizeBytes = VolumeRules.ChunkSizeBytes(request),
        InlineLimitBytes = VolumeRules.InlineLimitBytes(request),
        Durability = request.Durability,
        CreatedUnixMs = NowUnixMs(),
    };

    private VolumeInfo Describe(VolumeEntry volume) => new()
    {
        Id = volume.Record.Id,
        Name = volume.Record.Name,
        State = volume.Record.State,
        QuotaBytes = volume.Record.QuotaBytes,
        QuotaInodes = volume.Record.QuotaInodes,
        ChunkSizeBytes = volume.Record.ChunkSizeBytes,
        InlineLimitBytes = volume.Record.InlineLimitBytes,
        Durability = volume.Record.Durability,
        RootInode = PlacementHash.Root(volume.Id, cluster.ShardCount).Value,
        CreatedUnixMs = volume.Record.CreatedUnixMs,
        UsedBytes = volume.Bytes.Used,
        UsedInodes = volume.Inodes.Used,
        LiveSessions = (uint)sessions.Of(volume.Id).Count(),
    };
}
