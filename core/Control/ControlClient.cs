using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;
using SealFs.Core.Security;
using SealFs.Core.Tokens;

namespace SealFs.Core.Control;

/// <summary>
/// Calls to the manager. Knows one or more addresses and stays with the one that answered last; a call that cannot reach it tries each of the others once.
/// Connections are made when needed and made again after they broke. Every call has a deadline, and every failure is a <see cref="ControlException"/>
/// (or <see cref="OperationCanceledException"/> when the caller cancelled). Safe for concurrent use.
/// </summary>
public sealed partial class ControlClient : IDisposable
{
    private readonly GrpcChannel[] channels;
    private readonly V1.Control.ControlClient[] stubs;
    private readonly string addressList;
    private readonly TimeSpan callTimeout;
    private readonly TimeProvider clock = TimeProvider.System;
    private int preferred;

    /// <param name="addresses">Managers as host:port or as http:// and https:// URLs.</param>
    /// <param name="callTimeout">Deadline of one call, the tries of all addresses included; the default is 5 s.</param>
    /// <param name="credentials">
    /// With which TLS is spoken: mutual, within the cluster's own authority, whatever the address says. While there are none, host:port is spoken to in cleartext.
    /// </param>
    /// <exception cref="ArgumentException">No address, or one that is none.</exception>
    public ControlClient(IEnumerable<string> addresses, TimeSpan? callTimeout = null, ICredentialSource? credentials = null)
    {
        var urls = addresses.Select(ManagerAddress.Parse).ToArray();
        if (urls.Length == 0)
            throw new ArgumentException("At least one manager address is needed.", nameof(addresses));
        addressList = string.Join(", ", urls.Select(url => url.Authority));
        channels = [.. urls.Select(url => OpenChannel(url, credentials))];
        stubs = [.. channels.Select(channel => new V1.Control.ControlClient(channel))];
        this.callTimeout = callTimeout ?? TimeSpan.FromMilliseconds(ControlLimits.DefaultCallTimeoutMs);
    }

    /// <summary>Calls that something else than HTTP/2 carries: one invoker for each manager.</summary>
    internal ControlClient(IReadOnlyList<CallInvoker> managers, TimeProvider clock)
    {
        addressList = $"{managers.Count} managers";
        channels = [];
        stubs = [.. managers.Select(invoker => new V1.Control.ControlClient(invoker))];
        callTimeout = TimeSpan.FromMilliseconds(ControlLimits.DefaultCallTimeoutMs);
        this.clock = clock;
    }

    /// <summary>host:port of the managers, for messages.</summary>
    public string Addresses => addressList;

    public Task<RegisterNodeResponse> RegisterNodeAsync(RegisterNodeRequest request, CancellationToken cancellation = default) =>
        CallAsync((stub, options) => stub.RegisterNodeAsync(request, options), callTimeout, cancellation);

    /// <param name="request">The report.</param>
    /// <param name="timeout">Shorter than the lease, so that a lost answer leaves time for another try.</param>
    /// <param name="cancellation">Gives up the call.</param>
    public Task<HeartbeatResponse> HeartbeatAsync(HeartbeatRequest request, TimeSpan timeout, CancellationToken cancellation = default) =>
        CallAsync((stub, options) => stub.HeartbeatAsync(request, options), timeout, cancellation);

    public async Task<ClusterMap> GetMapAsync(CancellationToken cancellation = default)
    {
        var snapshot = await CallAsync((stub, options) => stub.GetMapAsync(new GetMapRequest(), options), callTimeout, cancellation);
        return ClusterMapCodec.FromProto(snapshot) ?? throw new ControlException(StatusCode.Internal, "The manager sent a cluster map that contradicts itself.");
    }

    /// <summary>One watch stream, until it breaks; <see cref="MapWatcher"/> makes a lasting one of it.</summary>
    public async IAsyncEnumerable<MapUpdate> WatchMapAsync(WatchMapRequest request, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var first = Volatile.Read(ref preferred);
        using var call = stubs[first].WatchMap(request, cancellationToken: cancellation);
        while (await MoveNextAsync(call, first, cancellation))
            yield return call.ResponseStream.Current;
    }

    /// <summary>Waits up to 30 s for the cluster's first map when there is none yet.</summary>
    public Task<VolumeInfo> CreateVolumeAsync(CreateVolumeRequest request, CancellationToken cancellation = default) =>
        CallAsync((stub, options) => stub.CreateVolumeAsync(request, options), TimeSpan.FromMilliseconds(ControlLimits.CreateVolumeTimeoutMs), cancellation);

    public async Task<IReadOnlyList<VolumeInfo>> ListVolumesAsync(bool includeDeleting = false, CancellationToken cancellation = default)
    {
        var request = new ListVolumesRequest { IncludeDeleting = includeDeleting };
        return (await CallAsync((stub, options) => stub.ListVolumesAsync(request, options), callTimeout, cancellation)).Volumes;
    }

    public Task<VolumeInfo> GetVolumeAsync(string name, CancellationToken cancellation = default) =>
        CallAsync((stub, options) => stub.GetVolumeAsync(new GetVolumeRequest { Name = name }, options), callTimeout, cancellation);

    public Task<VolumeInfo> GetVolumeAsync(VolumeId id, CancellationToken cancellation = default) =>
        CallAsync((stub, options) => stub.GetVolumeAsync(new GetVolumeRequest { Id = id.Value }, options), callTimeout, cancellation);

    public Task<VolumeInfo> ResizeVolumeAsync(ResizeVolumeRequest request, CancellationToken cancellation = default) =>
        CallAsync((stub, options) => stub.ResizeVolumeAsync(request, options), callTimeout, cancellation);

    public Task<DeleteVolumeResponse> DeleteVolumeAsync(string name, bool force = false, CancellationToken cancellation = default) =>
        CallAsync((stub, options) => stub.DeleteVolumeAsync(new DeleteVolumeRequest { Name = name, Force = force }, options), callTimeout, cancellation);

    /// <summary>Opens a session with a new key, which stands in the answer.</summary>
    public async Task<OpenSessionResponse> OpenSessionAsync(OpenSessionRequest request, CancellationToken cancellation = default)
    {
        var key = BearerKey.Create();
        request = request.Clone();
        request.PublicKey = ByteString.CopyFrom(key.PublicKey);
        var response = await CallAsync((stub, options) => stub.OpenSessionAsync(request, options), callTimeout, cancellation);
        response.PrivateKey = ByteString.CopyFrom(key.PrivateKey);
        return response;
    }

    /// <param name="session">The session.</param>
    /// <param name="key">The key it was opened with.</param>
    /// <param name="cancellation">Gives up the call.</param>
    public Task<RenewSessionResponse> RenewSessionAsync(SessionId session, BearerKey key, CancellationToken cancellation = default)
    {
        var request = new RenewSessionRequest { SessionId = session.Value, Proof = ByteString.CopyFrom(key.Sign(BearerStatement.Renew, session)) };
        return CallAsync((stub, options) => stub.RenewSessionAsync(request, options), callTimeout, cancellation);
    }

    /// <summary>Ending a session that has already ended is no error.</summary>
    /// <param name="session">The session.</param>
    /// <param name="key">The key it was opened with; null for an administrator.</param>
    /// <param name="cancellation">Gives up the call.</param>
    public Task CloseSessionAsync(SessionId session, BearerKey? key, CancellationToken cancellation = default)
    {
        var request = new CloseSessionRequest { SessionId = session.Value };
        if (key is not null)
            request.Proof = ByteString.CopyFrom(key.Sign(BearerStatement.Close, session));
        return CallAsync((stub, options) => stub.CloseSessionAsync(request, options), callTimeout, cancellation);
    }

    /// <param name="volume">Empty for the sessions of all volumes.</param>
    /// <param name="cancellation">Gives up the call.</param>
    public async Task<IReadOnlyList<SessionInfo>> ListSessionsAsync(string volume = "", CancellationToken cancellation = default)
    {
        var request = new ListSessionsRequest { Volume = volume };
        return (await CallAsync((stub, options) => stub.ListSessionsAsync(request, options), callTimeout, cancellation)).Sessions;
    }

    public Task<ClusterStatusResponse> ClusterStatusAsync(CancellationToken cancellation = default) =>
        CallAsync((stub, options) => stub.ClusterStatusAsync(new ClusterStatusRequest(), options), callTimeout, cancellation);

    public async Task<IReadOnlyList<NodeStatus>> ListNodesAsync(CancellationToken cancellation = default) =>
        (await CallAsync((stub, options) => stub.ListNodesAsync(new ListNodesRequest(), options), callTimeout, cancellation)).Nodes;

    public void Dispose()
    {
        foreach (var channel in channels)
            channel.Dispose();
    }

    private async Task<T> CallAsync<T>(
        Func<V1.Control.ControlClient, CallOptions, AsyncUnaryCall<T>> call, TimeSpan timeout, CancellationToken cancellation)
    {
        var options = new CallOptions(deadline: clock.GetUtcNow().UtcDateTime + timeout, cancellationToken: cancellation);
        var first = Volatile.Read(ref preferred);
        for (var attempt = 0; ; attempt++)
        {
            var index = (first + attempt) % stubs.Length;
            try
            {
                using var running = call(stubs[index], options);
                var response = await running.ResponseAsync;
                Volatile.Write(ref preferred, index);
                return response;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable && attempt + 1 < stubs.Length)
            {
                // The next address may be the one that serves.
            }
            catch (RpcException e)
            {
                throw Translate(e, cancellation);
            }
        }
    }

    private async Task<bool> MoveNextAsync(AsyncServerStreamingCall<MapUpdate> call, int index, CancellationToken cancellation)
    {
        try
        {
            return await call.ResponseStream.MoveNext(cancellation);
        }
        catch (RpcException e)
        {
            // A later watch tries the next manager, unless another call has already moved on.
            Interlocked.CompareExchange(ref preferred, (index + 1) % stubs.Length, index);
            throw Translate(e, cancellation);
        }
    }

    private Exception Translate(RpcException e, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
            return new OperationCanceledException(cancellation);
        var message = e.StatusCode switch
        {
            StatusCode.Unavailable when e.InnerException is not null => $"No manager answers at {addressList}: {e.InnerException.Message}",
            StatusCode.DeadlineExceeded => $"The manager at {addressList} did not answer in time.",
            _ => e.Status.Detail,
        };
        return new ControlException(e.StatusCode, message, e);
    }

    private static GrpcChannel OpenChannel(Uri url, ICredentialSource? credentials) => GrpcChannel.ForAddress(url, new GrpcChannelOptions
    {
        HttpHandler = new ManagerHandler(credentials, TimeProvider.System),
        DisposeHttpClient = true,
        MaxReceiveMessageSize = ControlLimits.MaxMessageBytes,
    });
}
