using Grpc.Core;

namespace SealFs.Simulator.Network;

/// <summary>What a service learns of the call that it answers. Deadlines are kept by the asking side.</summary>
internal sealed class SimulatedServerCall(string method) : ServerCallContext, IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();

    protected override string MethodCore => method;

    protected override string HostCore => "manager";

    protected override string PeerCore => "simulated";

    protected override DateTime DeadlineCore => DateTime.MaxValue;

    protected override Metadata RequestHeadersCore => [];

    protected override CancellationToken CancellationTokenCore => _cancellation.Token;

    protected override Metadata ResponseTrailersCore => [];

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore => new(null, []);

    public void Cancel() => _cancellation.Cancel();

    public void Dispose() => _cancellation.Dispose();

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) => throw new NotSupportedException();

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => Task.CompletedTask;
}
