using SealFs.Core.Wire;

namespace SealFs.StorageNode.Routing;

/// <summary>A message that is bytes already, so that it can be sent again without being put together again.</summary>
internal readonly record struct RawBody(byte[] Bytes) : IWireMessage<RawBody>
{
    public int Size => Bytes.Length;

    public static RawBody Of<T>(in T message)
        where T : struct, IWireMessage<T>, allows ref struct
    {
        var bytes = new byte[message.Size];
        var writer = new WireWriter(bytes);
        message.Write(ref writer);
        return new RawBody(bytes);
    }

    public void Write(ref WireWriter writer) => writer.Raw(Bytes);

    public static bool TryRead(ref WireReader reader, out RawBody message)
    {
        message = new RawBody(reader.Rest().ToArray());
        return reader.Complete;
    }
}
