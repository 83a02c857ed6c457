namespace SealFs.Fuse;

/// <summary>Options of <see cref="FuseHost"/>.</summary>
public sealed record FuseHostOptions
{
    public FuseMountOptions Mount { get; init; } = new();

    public FuseHandshakeOptions Handshake { get; init; } = new();

    /// <summary>Worker threads, each with a descriptor of its own.</summary>
    public int WorkerThreads { get; init; } = Math.Max(2, Environment.ProcessorCount);

    public IFuseObserver? Observer { get; init; }
}
