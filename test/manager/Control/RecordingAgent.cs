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
        if (WantsList)
            (heartbeat.SessionLogId, heartbeat.SessionLogPosition) = (0, 0);
        WantsList = false;
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

    /// <summary>Lists of live sessions that came, with the number up to which each is complete.</summary>
    public List<(IReadOnlySet<SessionId> Live, ulong Newest)> Lists { get; } = [];

    /// <summary>The next heartbeat asks for a list.</summary>
    public bool WantsList { get; set; }

    /// <summary>The tokens that came with heartbeats.</summary>
    public List<ReadOnlyMemory<byte>> Tokens { get; } = [];

    public void OnSessionsListed(IReadOnlySet<SessionId> live, ulong newest) => Lists.Add((live, newest));

    public void OnToken(ReadOnlyMemory<byte> token)
    {
        if (!token.IsEmpty)
            Tokens.Add(token);
    }

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
