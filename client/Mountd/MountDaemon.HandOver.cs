using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using SealFs.Client.Mountd.V1;

namespace SealFs.Client.Mountd;

/// <content>
/// An upgrade: the successor asks, gets one mount after the other (each pauses until the other's worker serves), and at the end a Commit, with whose answer they are
/// its; it keeps the connection until it has the lock as well. Before that, a successor that fails changes nothing: the mounts are served here again.
/// </content>
public sealed partial class MountDaemon
{
    private Envelope BeginHandOver(MountdConnection successor)
    {
        _phase = DaemonPhase.Leaving;
        _ = Task.Run(() => HandOverAsync(successor));
        return DoneAnswer;
    }

    private async Task HandOverAsync(MountdConnection successor)
    {
        try
        {
            while (!_underWay.IsEmpty && successor.IsOpen)
                await Task.Delay(MountdLimits.StandbyDelay).ConfigureAwait(false);
            uint count = 0;
            foreach (var (_, mount) in _mounts)
            {
                await mount.SuspendAsync(MountdLimits.HandOverDrain).ConfigureAwait(false);
                if (!mount.IsAlive)
                    continue;
                var question = new Envelope { HandOver = new HandOver { Record = mount.ToRecord().ToMessage() } };
                await successor.CallAsync(question, MountdLimits.HandOverLimit, mount.Descriptors).ConfigureAwait(false);
                count++;
            }
            await successor.CallAsync(new Envelope { Commit = new Commit { Mounts = count } }, MountdLimits.CallLimit).ConfigureAwait(false);
            LogHandedOver((int)count, successor.Peer);
            _successor = successor;
            _handedOver.TrySetResult(successor.Peer);
        }
        catch (MountdException problem)
        {
            LogHandOverFailed(successor.Peer, problem.Message);
            successor.Dispose();
            foreach (var (_, mount) in _mounts)
                mount.Resume();
            _phase = DaemonPhase.Active;
        }
    }

    /// <summary>The other side: asks the active daemon for its mounts. When it fails nothing is left of it here.</summary>
    private async Task TakeOverAsync(CancellationToken stop)
    {
        var committed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        MountdConnection? connection = null;
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(_options.SocketPath));
            connection = new MountdConnection(socket, (_, frame) => TakeAsync(frame, committed), _environment.Loggers.CreateLogger<MountdConnection>());
            connection.Start();
            var hello = new Hello { Version = MountdLimits.ProtocolVersion, Role = Role.Successor, Name = _options.Name };
            var welcome = await connection.CallAsync(new Envelope { Hello = hello }, MountdLimits.CallLimit, cancellation: stop).ConfigureAwait(false);
            await connection.CallAsync(new Envelope { TakeOver = new TakeOver() }, MountdLimits.CallLimit, cancellation: stop).ConfigureAwait(false);
            var ended = await Task.WhenAny(committed.Task, connection.Closed).WaitAsync(stop).ConfigureAwait(false);
            if (ended != committed.Task)
                throw new MountdException(FailureCode.Unavailable, await connection.Closed.ConfigureAwait(false));
            LogTakenOver(_mounts.Count, welcome.Welcome?.Name ?? "");
            _predecessor = connection;
        }
        catch (Exception problem) when (problem is MountdException or SocketException or OperationCanceledException)
        {
            await DropAsync(problem.Message).ConfigureAwait(false);
            connection?.Dispose();
            socket.Dispose();
        }
    }

    private async Task<Envelope> TakeAsync(MountdFrame frame, TaskCompletionSource committed)
    {
        switch (frame.Envelope.MessageCase)
        {
            case Envelope.MessageOneofCase.HandOver:
                var record = MountRecord.Of(frame.Envelope.HandOver.Record);
                var mount = ServedMount.Adopt(record, Usable(frame), _environment);
                Add(mount);
                await mount.WaitServingAsync().ConfigureAwait(false);
                return DoneAnswer;
            case Envelope.MessageOneofCase.Commit:
                committed.TrySetResult();
                return DoneAnswer;
            default:
                throw new MountdException(FailureCode.UnknownMessage, $"{frame.Envelope.MessageCase} is not understood here.");
        }
    }

    private async Task DropAsync(string reason)
    {
        LogTakeOverFailed(reason);
        foreach (var (id, mount) in _mounts)
        {
            _mounts.TryRemove(id, out _);
            await mount.SuspendAsync(TimeSpan.Zero).ConfigureAwait(false);
            await mount.ReleaseAsync().ConfigureAwait(false);
        }
    }
}
