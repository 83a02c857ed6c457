using System.Collections.Concurrent;
using Grpc.Core;
using SealFs.Client.Mountd.V1;
using SealFs.Client.Mounting;
using SealFs.Core.Control;

namespace SealFs.Client.Mountd;

/// <content>What others ask of the active daemon.</content>
public sealed partial class MountDaemon
{
    private readonly ConcurrentDictionary<string, byte> _underWay = new(StringComparer.Ordinal);

    private static Envelope DoneAnswer => new() { Done = new Done() };

    private async Task<Envelope> AnswerAsync(MountdConnection connection, MountdFrame frame)
    {
        var question = frame.Envelope;
        if (question.MessageCase == Envelope.MessageOneofCase.Hello)
            return Welcome(connection, question.Hello);
        if (connection.Role == Role.Unspecified)
            throw new MountdException(FailureCode.Invalid, "The first message is Hello.");
        try
        {
            return question.MessageCase switch
            {
                Envelope.MessageOneofCase.Describe => Describe(question.Describe),
                _ when _phase != DaemonPhase.Active => throw new MountdException(FailureCode.Unavailable, "This mountd is giving way to another."),
                Envelope.MessageOneofCase.Mount => await MountAsync(question.Mount).ConfigureAwait(false),
                Envelope.MessageOneofCase.Unmount => await UnmountAsync(question.Unmount).ConfigureAwait(false),
                Envelope.MessageOneofCase.Restore => Restore(question.Restore, frame),
                Envelope.MessageOneofCase.TakeOver when connection.Role == Role.Successor => BeginHandOver(connection),
                _ => throw new MountdException(FailureCode.UnknownMessage, $"{question.MessageCase} is not understood here."),
            };
        }
        catch (InvalidDataException problem)
        {
            throw new MountdException(FailureCode.Invalid, problem.Message, problem);
        }
    }

    private Envelope Welcome(MountdConnection connection, Hello hello)
    {
        if (hello.Version != MountdLimits.ProtocolVersion)
            throw new MountdException(FailureCode.Invalid, $"Version {hello.Version} of the protocol is not spoken here; version {MountdLimits.ProtocolVersion} is.");
        if (hello.Role is not (Role.Plugin or Role.Successor))
            throw new MountdException(FailureCode.Invalid, "A plugin or a successor says hello.");
        connection.Peer = hello.Name;
        connection.Role = hello.Role;
        if (hello.Role == Role.Plugin)
        {
            LogPlugin(hello.Name);
            foreach (var (_, mount) in _mounts)
                _ = DepositAsync(mount, connection);
        }
        return new Envelope { Welcome = new Welcome { Version = MountdLimits.ProtocolVersion, Name = _options.Name } };
    }

    private Envelope Describe(DescribeRequest request)
    {
        var mount = At(request.Directory).FirstOrDefault(mount => mount.IsInPlace)
            ?? throw new MountdException(FailureCode.NotFound, $"Nothing of this mountd is mounted on {request.Directory}.");
        return new Envelope { State = new MountState { Options = OptionsMessage.Of(mount.Options), ConnectionId = mount.ConnectionId } };
    }

    private async Task<Envelope> MountAsync(MountRequest request)
    {
        if (request.Options is null)
            throw new MountdException(FailureCode.Invalid, "The options of the mount are missing.");
        var options = OptionsMessage.ToOptions(request.Options);
        if (options.WriteBufferBytes + options.ReadBufferBytes > _options.MountMemoryBytes / 2)
            throw new MountdException(FailureCode.Invalid, $"The buffers of a mount have at most {_options.MountMemoryBytes / 2} bytes here.");
        if (_mounts.Count >= MountdLimits.MaxMounts)
            throw new MountdException(FailureCode.Unavailable, $"There are {MountdLimits.MaxMounts} mounts already, which is the limit.");
        using var turn = Enter(options.Directory);
        if (At(options.Directory).FirstOrDefault(mount => mount.IsInPlace) is { } present)
        {
            return OptionsMessage.Of(present.Options).Equals(request.Options)
                ? DoneAnswer
                : throw new MountdException(FailureCode.Exists, $"{options.Directory} is mounted already, with other options.");
        }
        try
        {
            var mount = await ServedMount.MakeAsync(options, _environment, CancellationToken.None).ConfigureAwait(false);
            Add(mount);
            await DepositAsync(mount).ConfigureAwait(false);
            return DoneAnswer;
        }
        catch (ControlException problem)
        {
            throw new MountdException(CodeOf(problem), problem.Message, problem);
        }
        catch (MountException problem)
        {
            throw new MountdException(FailureCode.Failed, problem.Message, problem);
        }
    }

    /// <summary>
    /// Answers when the mount is over and everything is written back, or when it has left this directory and lives on elsewhere (a bind mount in a pod).
    /// </summary>
    private async Task<Envelope> UnmountAsync(UnmountRequest request)
    {
        using var turn = Enter(request.Directory);
        var mounts = At(request.Directory).ToList();
        if (mounts.Count == 0)
            throw new MountdException(FailureCode.NotFound, $"Nothing of this mountd is mounted on {request.Directory}.");
        foreach (var mount in mounts)
        {
            await TakeOutAsync(mount).ConfigureAwait(false);
            if (mount.IsAlive)
                continue;
            if (await Task.WhenAny(mount.Ended, Task.Delay(MountdLimits.EndLimit)).ConfigureAwait(false) != mount.Ended)
                throw new MountdException(FailureCode.Timeout, $"{request.Directory} is unmounted, and what was written is still on its way to the storage nodes.");
        }
        return DoneAnswer;
    }

    private async Task TakeOutAsync(ServedMount mount)
    {
        var directory = mount.Options.Directory;
        try
        {
            if (await TimedCall.RunAsync(directory, MountdLimits.UnmountLimit, mount.TryUnmount).ConfigureAwait(false))
                return;
        }
        catch (TimeoutException)
        {
            LogUnmountHangs(directory);
            mount.Abort();
            return;
        }
        throw new MountdException(FailureCode.Busy, $"{directory} is in use.");
    }

    private IEnumerable<ServedMount> At(string directory) => _mounts.Values.Where(mount => mount.Options.Directory == directory);

    private Turn Enter(string directory) => _underWay.TryAdd(directory, 0)
        ? new Turn(this, directory)
        : throw new MountdException(FailureCode.Busy, $"Another request for {directory} is under way.");

    private static FailureCode CodeOf(ControlException problem) => problem.Code switch
    {
        StatusCode.NotFound => FailureCode.NotFound,
        StatusCode.InvalidArgument => FailureCode.Invalid,
        _ when problem.IsTransient => FailureCode.Unavailable,
        _ => FailureCode.Failed,
    };

    private readonly struct Turn(MountDaemon daemon, string directory) : IDisposable
    {
        public void Dispose() => daemon._underWay.TryRemove(directory, out _);
    }
}
