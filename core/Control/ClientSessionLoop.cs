using Grpc.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Core.Control.V1;

namespace SealFs.Core.Control;

/// <summary>
/// A client's side of its session: opens it or takes over one that is open, renews it three times a lease, and closes it. While no manager can be
/// reached the client goes on with what it has; the manager counts leases anew after its own restart.
/// </summary>
public sealed partial class ClientSessionLoop : IAsyncDisposable
{
    private readonly ControlClient client;
    private readonly TimeProvider clock;
    private readonly TaskFactory tasks;
    private readonly Random random;
    private readonly ILogger logger;
    private readonly CancellationTokenSource stopping = new();
    private ClientSession current;
    private Task running = Task.CompletedTask;

    private ClientSessionLoop(
        ControlClient client, ClientSession session, TimeProvider? clock, ILogger<ClientSessionLoop>? logger, TaskFactory? tasks = null, Random? random = null)
    {
        this.client = client;
        this.clock = clock ?? TimeProvider.System;
        this.tasks = tasks ?? BackgroundTasks.Default;
        this.random = random ?? Random.Shared;
        this.logger = logger ?? NullLogger<ClientSessionLoop>.Instance;
        current = session;
    }

    /// <summary>The session has a fresh token, and its volume may have been resized.</summary>
    public event Action<ClientSession>? Renewed;

    /// <summary>The session has ended at the manager: its lease ran out, or the volume was deleted. Locks and open references are gone; open a new one.</summary>
    public event Action<string>? Lost;

    /// <summary>The session with its newest token.</summary>
    public ClientSession Current => Volatile.Read(ref current);

    /// <summary>Opens a session and keeps it.</summary>
    /// <exception cref="ControlException">No such volume, the cluster has no map yet, or no manager answers.</exception>
    public static async Task<ClientSessionLoop> OpenAsync(
        ControlClient client,
        OpenSessionRequest request,
        TimeProvider? clock = null,
        ILogger<ClientSessionLoop>? logger = null,
        TaskFactory? tasks = null,
        Random? random = null,
        CancellationToken cancellation = default)
    {
        var session = ClientSession.FromProto(await client.OpenSessionAsync(request, cancellation))
            ?? throw new ControlException(StatusCode.Internal, "The manager answered with a session that contradicts itself.");
        return Run(new ClientSessionLoop(client, session, clock, logger, tasks, random), session.Lease / 3);
    }

    /// <summary>
    /// Keeps a session that another process opened. Returns without asking anybody; the first renewal follows at once from the loop's own task, since
    /// nobody knows how much of the lease is left.
    /// </summary>
    public static ClientSessionLoop Attach(
        ControlClient client, ClientSession session, TimeProvider? clock = null, ILogger<ClientSessionLoop>? logger = null) =>
        Run(new ClientSessionLoop(client, session, clock, logger), TimeSpan.Zero);

    /// <summary>Stops renewing and ends the session. When no manager answers in time, its lease runs out instead.</summary>
    public async Task CloseAsync(CancellationToken cancellation = default)
    {
        await StopAsync();
        try
        {
            await client.CloseSessionAsync(Current.Id, Current.Key, cancellation);
        }
        catch (ControlException e)
        {
            LogNotClosed(Current.Id, e.Message);
        }
    }

    /// <summary>Stops renewing and leaves the session open: another process may take it over.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        stopping.Dispose();
    }

    private static ClientSessionLoop Run(ClientSessionLoop loop, TimeSpan firstPause)
    {
        loop.running = loop.tasks.Run(() => loop.RunAsync(firstPause, loop.stopping.Token));
        return loop;
    }

    private async Task StopAsync()
    {
        stopping.Cancel();
        await running;
    }

    private async Task RunAsync(TimeSpan pause, CancellationToken cancellation)
    {
        var delay = new RetryDelay(clock, random);
        try
        {
            while (true)
            {
                await Task.Delay(pause, clock, cancellation);
                while (!await RenewAsync(cancellation))
                    await delay.WaitAsync(cancellation);
                delay.Reset();
                pause = Current.Lease / 3;
            }
        }
        catch (ControlException e)
        {
            LogLost(Current.Id, e.Message);
            Lost?.Invoke(e.Message);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    /// <returns>False when it has to be tried again.</returns>
    private async Task<bool> RenewAsync(CancellationToken cancellation)
    {
        try
        {
            var answer = await client.RenewSessionAsync(Current.Id, Current.Key ?? throw new InvalidOperationException("A session without its key cannot be renewed."), cancellation);
            var renewed = Current with
            {
                Token = answer.Token.Memory,
                TokenExpiresUnixMs = answer.TokenExpiresUnixMs,
                Lease = TimeSpan.FromMilliseconds(answer.LeaseMs),
                Volume = answer.Volume,
            };
            Volatile.Write(ref current, renewed);
            Renewed?.Invoke(renewed);
            return true;
        }
        catch (ControlException e) when (e.IsTransient || e.Code == StatusCode.PermissionDenied)
        {
            // A certificate that does not allow it can be replaced by one that does, as long as the session lives.
            LogRenewalDelayed(Current.Id, e.Message);
            return false;
        }
    }
}
