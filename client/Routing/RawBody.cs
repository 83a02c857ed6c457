using SealFs.Core.Wire;

namespace SealFs.Client.Routing;

/// <summary>A body that was encoded before: a retry sends the same bytes again.</summary>
internal readonly unsafe struct RawBody(nint bytes, int length) : IWireMessage<RawBody>
{
    private readonly nint _bytes = bytes;

    public int Size { get; } = length;

    public void Write(ref WireWriter writer) => writer.Raw(new ReadOnlySpan<byte>((void*)_bytes, Size));

    /// <summary>Answers are never of this type.</summary>
    public static bool TryRead(ref WireReader reader, out RawBody message)
    {
        message = default;
        return false;
    }
}
