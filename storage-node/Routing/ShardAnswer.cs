using SealFs.Core;
using SealFs.Core.Wire;

namespace SealFs.StorageNode.Routing;

/// <summary>What a shard's node answered; or ETIMEDOUT, when none answered in time and it is unknown whether the request was executed.</summary>
internal readonly record struct ShardAnswer(Errno Status, byte[] Body, byte[] Payload)
{
    public static ShardAnswer Of(Errno status) => new(status, [], []);

    /// <summary>Decodes the body; false when it is malformed.</summary>
    public bool TryRead<T>(out T message)
        where T : struct, IWireMessage<T>
    {
        var reader = new WireReader(Body);
        return T.TryRead(ref reader, out message);
    }
}
