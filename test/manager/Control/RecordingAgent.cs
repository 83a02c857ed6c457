using System.Threading.Channels;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;

namespace SealFs.Manager.Tests.Control;

/// <summary>A node that writes down what it is told.</summary>
internal sealed class RecordingAgent(int number, ulong incarnation = 1) : INodeAgent
{
    private readonly Channel<IReadOnlyList<VolumeGrant>> grants = Channel.CreateUnbounded<IReadOnlyList<VolumeGrant>>();
    private readonly Channel<SessionId> ended = Channel.CreateUnbounded<SessionId>();

    private readonly Channel<IReadOnlyList<CopyOrder>> copyOrders = Channel.CreateUnbounded<IReadOnlyList<CopyOrder>>();

    public TaskCompletionSource<string> Refused { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource<VolumeId> Purge { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Registrations { get; private set; }

    /// <summary>What the next heartbeats report.</summary>
    public VolumeReport? Usage { get; set; }

    public RegisterNodeRequest Describe() => ManagerFixture.Registration(number, incarnation);

    public void OnRegistered(RegisterNodeResponse registration, ClusterMap map) => Registrations++;

    public void Report(HeartbeatRequest heartbeat)
    {
        if (Usage is { } usage)
            heartbeat.Volumes.Add(usage);
    }

    public void OnVolumes(IReadOnlyList<VolumeGrant> volumes) => grants.Writer.TryWrite(volumes);

    public void OnPurgeVolumes(IReadOnlyList<VolumeId> volumes)
    {
        if (volumes.Count > 0)
            Purge.TrySetResult(volumes[0]);
    }

    public void OnCopyOrders(IReadOnlyList<CopyOrder> orders) => copyOrders.Writer.TryWrite(orders);

    public void OnSessionsEnded(IReadOnlyList<SessionId> sessions)
    {
        foreach (var session in sessions)
            ended.Writer.TryWrite(session);
    }

    /// <summary>Lists of live sessions that came; the first heartbeat always brings one.</summary>
    public int Lists { get; private set; }

    /// <summary>So many of them leave something open.</summary>
    public int UncertainLists { get; init; }

    public bool OnSessionsListed(IReadOnlySet<SessionId> live) => ++Lists > UncertainLists;

    public void OnRefused(string reason) => Refused.TrySetResult(reason);

    /// <summary>The next answer whose grants fit.</summary>
    public async Task<IReadOnlyList<VolumeGrant>> GrantsAsync(Func<IReadOnlyList<VolumeGrant>, bool> fits)
    {
        while (true)
        {
            var next = await grants.Reader.ReadAsync(ManagerFixture.Cancellation);
            if (fits(next))
                return next;
        }
    }

    /// <summary>The next orders that fit.</summary>
    public async Task<IReadOnlyList<CopyOrder>> OrdersAsync(Func<IReadOnlyList<CopyOrder>, bool> fits)
    {
        while (true)
        {
            var next = await copyOrders.Reader.ReadAsync(ManagerFixture.Cancellation);
            if (fits(next))
                return next;
        }
    }

    public ValueTask<SessionId> NextEndedAsync() => ended.Reader.ReadAsync(ManagerFixture.Cancellation);
}
