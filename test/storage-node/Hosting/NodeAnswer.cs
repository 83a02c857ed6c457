using SealFs.Core;
using SealFs.Core.Wire;
using Xunit;

namespace SealFs.StorageNode.Tests.Hosting;

/// <summary>What a node answered, copied.</summary>
public sealed record NodeAnswer(Errno Status, byte[] Body, byte[] Payload)
{
    /// <summary>Of the shard that was addressed.</summary>
    public WriteVerifier Verifier { get; init; }

    /// <summary>The body of a successful answer.</summary>
    public T As<T>()
        where T : struct, IWireMessage<T>
    {
        Assert.Equal(Errno.None, Status);
        return Decode<T>();
    }

    public T Decode<T>()
        where T : struct, IWireMessage<T>
    {
        var reader = new WireReader(Body);
        Assert.True(T.TryRead(ref reader, out var message), "The body was not understood.");
        return message;
    }
}
