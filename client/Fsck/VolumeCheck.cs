using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;

namespace SealFs.Client.Fsck;

/// <summary>
/// <c>sealfs fsck VOLUME</c>: reads what every shard holds of a volume and holds it against the others, while the volume is in use. What is under way while it is read
/// looks wrong; so what looks wrong is looked at again after a moment, and only what two looks in a row found in exactly the same state is told.
/// Everything is held in memory: about 200 bytes a file.
/// </summary>
public static class VolumeCheck
{
    /// <exception cref="ControlException">The manager does not answer, or there is no such volume.</exception>
    /// <exception cref="InvalidDataException">The cluster has no map yet.</exception>
    public static async Task<VolumeCheckReport> RunAsync(
        ControlClient control, string volume, VolumeCheckOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new VolumeCheckOptions();
        var opened = await control.OpenSessionAsync(
            new OpenSessionRequest { Volume = volume, ReadOnly = true, Administration = true, ClientName = "sealfs fsck", Host = Environment.MachineName }, cancellation);
        var session = ClientSession.FromProto(opened) ?? throw new InvalidDataException("The cluster has no map yet: too few storage nodes have registered.");
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await using var reader = new ShardReader(session, control.GetMapAsync, options.CallTime, options.Execution);
        var renewing = RenewAsync(control, session, reader, options.Execution.Time, stopping.Token);
        try
        {
            return await RunAsync(reader, session, volume, options, cancellation);
        }
        finally
        {
            stopping.Cancel();
            await renewing;
            await control.CloseSessionAsync(session.Id, session.Key, CancellationToken.None);
        }
    }

    private static async Task<VolumeCheckReport> RunAsync(
        ShardReader reader, ClientSession session, string volume, VolumeCheckOptions options, CancellationToken cancellation)
    {
        var begun = options.Execution.Time.GetTimestamp();
        Dictionary<string, Finding>? before = null;
        for (var pass = 1; ; pass++)
        {
            var picture = await LookAsync(reader, session, options, pass, cancellation);
            var now = new VolumeRules(picture, session.Root, reader.Map.ShardCount, session.Volume.ChunkSizeBytes).Judge();
            var settled = before is null ? [] : now.Where(finding => before.ContainsKey(finding.Key)).Select(static finding => finding.Value).ToList();
            if (now.Count == settled.Count || pass == options.MaxPasses)
                return Report(picture, volume, settled, now.Count - settled.Count, pass, options, options.Execution.Time.GetElapsedTime(begun));
            before = now;
            await Task.Delay(options.Pause, options.Execution.Time, cancellation);
        }
    }

    private static async Task<VolumePicture> LookAsync(
        ShardReader reader, ClientSession session, VolumeCheckOptions options, int pass, CancellationToken cancellation)
    {
        var picture = new VolumePicture();
        var done = 0;
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, options.Parallel).Select(_ => ReadSomeAsync()));
        picture.Complete();
        return picture;

        async Task ReadSomeAsync()
        {
            while (Interlocked.Increment(ref next) is var shard && shard < session.Map.ShardCount)
            {
                await reader.ReadAsync(new ShardId((uint)shard), options.Verify, picture, cancellation);
                options.Progress?.Invoke(Interlocked.Increment(ref done), (int)session.Map.ShardCount, pass);
            }
        }
    }

    private static VolumeCheckReport Report(
        VolumePicture picture, string volume, List<Finding> findings, int unsettled, int passes, VolumeCheckOptions options, TimeSpan duration)
    {
        var directories = picture.Inodes.Values.Count(static inode => inode.IsDirectory);
        return new VolumeCheckReport
        {
            Volume = volume,
            Findings = [.. findings.OrderByDescending(static finding => finding.IsDamage).ThenBy(static finding => finding.Kind).ThenBy(static finding => finding.Path)],
            Unsettled = unsettled,
            Passes = passes,
            Directories = directories,
            Files = picture.Inodes.Count - directories,
            Entries = picture.Entries.Count,
            Orphans = picture.Orphans.Count,
            Chunks = picture.Chunks.Count,
            UsedBytes = picture.Usage.Values.Sum(static usage => usage.Bytes),
            Verified = options.Verify,
            Duration = duration,
        };
    }

    /// <summary>A long check outlives a lease.</summary>
    private static async Task RenewAsync(ControlClient control, ClientSession session, ShardReader reader, TimeProvider time, CancellationToken stopping)
    {
        while (true)
        {
            await Task.Delay(session.Lease / 3, time, stopping)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (stopping.IsCancellationRequested)
                return;
            try
            {
                var renewed = await control.RenewSessionAsync(session.Id, session.Key!, stopping);
                session = session with { Token = renewed.Token.Memory, TokenExpiresUnixMs = renewed.TokenExpiresUnixMs };
                reader.Renew(session);
                reader.Map = await control.GetMapAsync(stopping);
            }
            catch (Exception exception) when (exception is ControlException or OperationCanceledException)
            {
                // The next renewal may succeed; if none does, the nodes refuse and the report says so.
            }
        }
    }
}
