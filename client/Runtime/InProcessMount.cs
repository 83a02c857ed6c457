using Microsoft.Extensions.Logging;
using SealFs.Client.Mounting;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Fuse;

namespace SealFs.Client.Runtime;

/// <summary>
/// A mount served by the calling process: for the embedded cluster and for tests. It shares everything with a kept mount but the keeper: when this
/// process dies, the mount is gone.
/// </summary>
public sealed class InProcessMount : IAsyncDisposable
{
    private readonly MountOptions _options;
    private readonly ControlClient _manager;
    private readonly ClientSessionLoop _session;
    private readonly List<int> _descriptors;
    private readonly ClientRuntime _runtime;

    private InProcessMount(MountOptions options, ControlClient manager, ClientSessionLoop session, List<int> descriptors, ClientRuntime runtime)
    {
        _options = options;
        _manager = manager;
        _session = session;
        _descriptors = descriptors;
        _runtime = runtime;
    }

    public string Directory => _options.Directory;

    /// <summary>Completes when somebody has unmounted it.</summary>
    public Task Unmounted => _runtime.Unmounted;

    /// <summary>Opens a session, mounts and serves. The mount answers when this returns.</summary>
    /// <exception cref="ControlException">No such volume, or no manager answers.</exception>
    /// <exception cref="FuseException">The kernel refused the mount.</exception>
    public static async Task<InProcessMount> StartAsync(MountOptions options, ILoggerFactory loggers, CancellationToken cancellation = default)
    {
        options = options with { Directory = Path.GetFullPath(options.Directory) };
        var manager = new ControlClient(options.Managers, credentials: MountCredentials.Open(options, loggers));
        ClientSessionLoop? session = null;
        try
        {
            session = await ClientSessionLoop.OpenAsync(manager, RequestFor(options), logger: loggers.CreateLogger<ClientSessionLoop>(), cancellation: cancellation);
            return Mount(options, manager, session, loggers);
        }
        catch
        {
            if (session is not null)
                await session.CloseAsync(CancellationToken.None);
            manager.Dispose();
            throw;
        }
    }

    /// <summary>Writes everything back, unmounts (lazily if it is in use) and ends the session.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_runtime.Unmounted.IsCompleted)
            TryUnmount(lazy: true);
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(Limits.DrainMs));
        await _runtime.DrainAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _runtime.DisposeAsync();
        _descriptors.ForEach(FuseMount.Close);
        await _session.CloseAsync(CancellationToken.None);
        await _session.DisposeAsync();
        _manager.Dispose();
    }

    private static InProcessMount Mount(MountOptions options, ControlClient manager, ClientSessionLoop session, ILoggerFactory loggers)
    {
        var handshake = ClientRuntime.HandshakeFor(options);
        var descriptors = new List<int>
        {
            FuseMount.Mount(options.Directory, new FuseMountOptions
            {
                Source = options.Volume,
                Subtype = "sealfs",
                AllowOther = options.AllowOther,
                ReadOnly = options.ReadOnly,
                NoAccessTimes = true,
                MaxReadBytes = handshake.MaxTransferBytes,
            }),
        };
        try
        {
            var negotiated = FuseHandshake.Perform(descriptors[0], handshake);
            for (var i = 1; i < options.EffectiveWorkerThreads; i++)
                descriptors.Add(FuseMount.Clone(descriptors[0]));
            var parameters = new WorkerParameters { Options = options, Session = session.Current, FuseDescriptors = descriptors, Negotiated = negotiated };
            return new InProcessMount(options, manager, session, descriptors, ClientRuntime.Start(parameters, loggers));
        }
        catch
        {
            FuseMount.Unmount(options.Directory, lazy: true);
            descriptors.ForEach(FuseMount.Close);
            throw;
        }
    }

    private static OpenSessionRequest RequestFor(MountOptions options) => new()
    {
        Volume = options.Volume,
        ReadOnly = options.ReadOnly,
        ClientName = options.ClientName,
        Host = Environment.MachineName,
    };

    private void TryUnmount(bool lazy)
    {
        try
        {
            FuseMount.Unmount(_options.Directory, lazy);
        }
        catch (FuseException e) when (e.Errno is FuseErrno.EINVAL or FuseErrno.ENOENT)
        {
            // Somebody else has unmounted it.
        }
    }
}
