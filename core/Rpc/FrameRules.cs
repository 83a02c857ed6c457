using SealFs.Core.Wire;

namespace SealFs.Core.Rpc;

/// <summary>What a header must satisfy before anything is allocated for its frame. A frame that does not ends its connection.</summary>
internal static class FrameRules
{
    private const FrameFlags Known = FrameFlags.Response | FrameFlags.Resent | FrameFlags.Compound | FrameFlags.OneWay;

    /// <summary>Returns null for a good header, else the reason in words that need no allocation.</summary>
    public static string? Judge(in FrameHeader header)
    {
        if (header.Version != FrameHeader.CurrentVersion)
            return "unknown protocol version";
        if ((header.Flags & ~Known) != 0)
            return "unknown flags";
        if (header.BodyLength > RpcLimits.BodyBytes)
            return "body longer than allowed";
        if (header.PayloadLength > RpcLimits.PayloadBytes)
            return "payload longer than allowed";
        if (header.Length != FrameHeader.Size + header.BodyLength + header.PayloadLength)
            return "length does not agree with body and payload";
        return null;
    }
}
