using SealFs.Core.Wire;

namespace SealFs.Core.Rpc;

/// <summary>Decodes one message from a whole body.</summary>
internal static unsafe class WireBody
{
    public static bool TryRead<T>(ReadOnlySpan<byte> body, out T message)
        where T : struct, IWireMessage<T>, allows ref struct
    {
        var reader = new WireReader(body);

        // By address: the compiler must assume that the message may keep a reference to the reader itself, which no message can
        // (they keep spans of the body), and would not let it out.
#pragma warning disable CS8500
        var address = &reader;
#pragma warning restore CS8500
        return T.TryRead(ref *address, out message);
    }
}
