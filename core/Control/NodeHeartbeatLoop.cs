using Grpc.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;

namespace SealFs.Core.Control;

/// <summary>
/// A storage node's side of its lease: registers, sends heartbeats at the interval that the manager asks for and at once when
/// <see cref="RequestUrgent"/> says so, and hands the answers to an <see cref="INodeAgent"/>. The lease is measured on the node's own monotonic clock
/// from the moment the heartbeat was sent, so that it never outlasts what the manager counts.
/// </summary>
public sealed partial class NodeHeartbeatLoop : IAsyncDisposable
{
    private readonly ControlClient client;
    private readonly INodeAgent agent;
    private readonly MapWatcher watcher;
    private readonly TimeProvider clock;
    private readonly TaskFactory tasks;
    private readonly Random random;
    private readonly ILogger logger;
    private readonly CancellationTokenSource stopping = new();
    private readonly UrgentRequests urgent = new();
    private RegisterNodeRequest description = new();
    private RegisterNodeResponse? registration;
    private ulong sessionLogId;
    private ulong sessionLogPosition;
    private ulong sequence;
    private long leaseEnd;
    private long lastSent;
    private Task running = Task.CompletedTask;

    /// <param name="client">How the manager is reached; not disposed with the loop.</param>
    /// <param name="agent">The node.</param>
    /// <param name="watcher">Takes the map of the registration, and passes on the manager's wish for a heartbeat (made with wantsHints).</param>
    /// <param name="clock">The node's monotonic clock.</param>
    /// <param name="logger">Where lost and regained leases are logged.</param>
    /// <param name="tasks">Where the loop runs; the thread pool when null.</param>
    /// <param name="random">Shortens the pauses between tries.</param>
    public NodeHeartbeatLoop(
        ControlClient client,
        INodeAgent agent,
        MapWatcher watcher,
        TimeProvider? clock = null,
        ILogger<NodeHeartbeatLoop>? logger = null,
        TaskFactory? tasks = null,
        Random? random = null)
    {
        this.client = client;
        this.agent = agent;
        this.watcher = watcher;
        this.clock = clock ?? TimeProvider.System;
        this.tasks = tasks ?? BackgroundTasks.Default;
        this.random = random ?? Random.Shared;
        this.logger = logger ?? NullLogger<NodeHeartbeatLoop>.Instance;
        leaseEnd = long.MinValue;
        watcher.Hinted += RequestUrgent;
    }

    /// <summary>True while the node may serve. Cheap enough to be asked for every request.</summary>
    public bool HoldsLease => clock.GetTimestamp() < Volatile.Read(ref leaseEnd);

    /// <summary>Registers, as long as it takes, and then keeps the lease from a task of its own.</summary>
    /// <exception cref="ControlException">The cluster refuses this node; the message says why.</exception>
    public async Task<RegisterNodeResponse> StartAsync(CancellationToken cancellation)
    {
        var response = await RegisterUntilHeardAsync(cancellation);
        running = tasks.Run(() => RunAsync(stopping.Token));
        return response;
    }

    /// <summary>Sends a heartbeat as soon as the one under way, if any, is answered. Returns at once; many calls make one heartbeat.</summary>
    public void RequestUrgent() => urgent.Request();

    /// <summary>Completes when a heartbeat that was sent after this call has been answered and the agent has seen the answer.</summary>
    /// <exception cref="OperationCanceledException">Cancelled, or the loop ended first.</exception>
    public Task RequestUrgentAsync(CancellationToken cancellation) => urgent.RequestAsync().OrGivenUp(cancellation);

    /// <summary>Ends the loop. The lease is not given back: it runs out, so that the node may still finish what it holds.</summary>
    public async ValueTask DisposeAsync()
    {
        watcher.Hinted -= RequestUrgent;
        stopping.Cancel();
        await running;
        urgent.Cancel();
        stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellation)
    {
        var delay = new RetryDelay(clock, random);
        var pause = TimeSpan.FromMilliseconds(registration!.HeartbeatIntervalMs);
        try
        {
            while (true)
            {
                try
                {
                    await PauseAsync(pause, cancellation);
                    pause = await BeatAsync(cancellation);
                    delay.Reset();
                }
                catch (ControlException e) when (e.Code == StatusCode.NotFound)
                {
                    LogForgotten(e.Message);
                    await RegisterUntilHeardAsync(cancellation);
                    pause = TimeSpan.Zero;
                }
                catch (ControlException e) when (e.IsTransient)
                {
                    LogHeartbeatLost(e.Message, HoldsLease);
                    await delay.WaitAsync(cancellation);
                    pause = TimeSpan.Zero;
                }
                catch (Exception e) when (e is not (ControlException or OperationCanceledException or OutOfMemoryException))
                {
                    LogHeartbeatFailed(e);
                    await delay.WaitAsync(cancellation);
                    pause = TimeSpan.Zero;
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Disposed.
        }
        catch (ControlException e)
        {
            Volatile.Write(ref leaseEnd, long.MinValue);
            LogRefused(e.Message);
            agent.OnRefused(e.Message);
        }
        finally
        {
            urgent.Cancel();
        }
    }

    private async Task PauseAsync(TimeSpan pause, CancellationToken cancellation)
    {
        var sinceLast = clock.GetElapsedTime(lastSent);
        var least = TimeSpan.FromMilliseconds(ControlLimits.LeastUrgentIntervalMs);
        if (pause > sinceLast)
            await urgent.WaitAsync(pause - sinceLast, clock, cancellation);
        if (clock.GetElapsedTime(lastSent) < least)
            await Task.Delay(least, clock, cancellation);
    }

    /// <returns>How long after this heartbeat was sent the next one is due.</returns>
    private async Task<TimeSpan> BeatAsync(CancellationToken cancellation)
    {
        var waiting = urgent.Take();
        var held = HoldsLease;
        var sent = clock.GetTimestamp();
        try
        {
            var heartbeat = Compose();
            sent = lastSent = clock.GetTimestamp();
            var timeout = TimeSpan.FromMilliseconds(Math.Max(registration!.LeaseMs / 3, 1));
            var answer = await client.HeartbeatAsync(heartbeat, timeout, cancellation);
            ExtendLease(sent, answer.LeaseMs);
            if (!held)
                LogLeaseRegained(answer.LeaseMs);
            Deliver(answer);
            waiting.SetResult();
            return TimeSpan.FromMilliseconds(answer.NextHeartbeatMs);
        }
        catch
        {
            // Whoever waits is served by the next heartbeat that succeeds.
            urgent.PutBack(waiting);
            throw;
        }
    }

    private HeartbeatRequest Compose()
    {
        var heartbeat = new HeartbeatRequest
        {
            NodeId = registration!.NodeId,
            Incarnation = description.Incarnation,
            MapVersion = watcher.Current?.Version ?? 0,
            Sequence = ++sequence,
            SessionLogId = sessionLogId,
            SessionLogPosition = sessionLogPosition,
        };
        agent.Report(heartbeat);
        return heartbeat;
    }

    private void Deliver(HeartbeatResponse answer)
    {
        agent.OnToken(answer.Token.Memory);
        if (answer.Room is { } room)
            agent.OnRoom(room);
        agent.OnVolumes(answer.Volumes);
        agent.OnPurgeVolumes([.. answer.PurgeVolumes.Select(id => new VolumeId(id))]);
        agent.OnCopyOrders(answer.CopyOrders);
        if (answer.SessionResync)
            agent.OnSessionsListed(answer.LiveSessions.Select(id => new SessionId(id)).ToHashSet(), answer.NewestSession);
        else if (answer.EndedSessions.Count > 0)
            agent.OnSessionsEnded([.. answer.EndedSessions.Select(id => new SessionId(id))]);

        sessionLogId = answer.SessionLogId;
        sessionLogPosition = answer.SessionLogPosition;
    }

    private async Task<RegisterNodeResponse> RegisterUntilHeardAsync(CancellationToken cancellation)
    {
        var delay = new RetryDelay(clock, random);
        while (true)
        {
            try
            {
                return await RegisterAsync(cancellation);
            }
            catch (ControlException e) when (e.IsTransient)
            {
                LogRegistrationDelayed(client.Addresses, e.Message);
                await delay.WaitAsync(cancellation);
            }
        }
    }

    private async Task<RegisterNodeResponse> RegisterAsync(CancellationToken cancellation)
    {
        description = agent.Describe();
        var sent = lastSent = clock.GetTimestamp();
        var response = await client.RegisterNodeAsync(description, cancellation);
        var map = ClusterMapCodec.FromProto(response.Map)
            ?? throw new ControlException(StatusCode.Internal, "The manager sent a cluster map that contradicts itself.");
        registration = response;

        // The agent first: whoever follows the watcher looks into the map for the id that this registration gave.
        agent.OnRegistered(response, map);
        agent.OnSessionsListed(response.LiveSessions.Select(id => new SessionId(id)).ToHashSet(), response.NewestSession);
        (sessionLogId, sessionLogPosition) = (response.SessionLogId, response.SessionLogPosition);
        watcher.Offer(map);
        ExtendLease(sent, response.LeaseMs);
        LogRegistered(response.NodeId, response.ClusterId, map.Version);
        return response;
    }

    private void ExtendLease(long sent, ulong leaseMs) =>
        Volatile.Write(ref leaseEnd, sent + (long)(leaseMs * (double)clock.TimestampFrequency / 1000));
}
