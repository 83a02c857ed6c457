namespace SealFs.Core.Wire;

/// <summary>
/// The body of a frame. One type per message; its byte layout stands in its doc comment. Reading never throws: a body that is too
/// short, too long or out of range makes <see cref="TryRead"/> return false, and the frame counts as malformed.
/// </summary>
public interface IWireMessage<TSelf>
    where TSelf : struct, IWireMessage<TSelf>, allows ref struct
{
    /// <summary>Bytes that <see cref="Write"/> will produce.</summary>
    int Size { get; }

    void Write(ref WireWriter writer);

    static abstract bool TryRead(ref WireReader reader, out TSelf message);
}
