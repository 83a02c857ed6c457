using SealFs.Core.Rpc;

namespace SealFs.Client.Routing;

/// <summary>Several operations in one request.</summary>
public sealed partial class RoutedCall
{
    /// <summary>The next request is a compound of what the caller puts into the writer; then <see cref="EndCompound"/>.</summary>
    public CompoundWriter BeginCompound()
    {
        _payload = default;
        _call = default;
        _call.Compound = true;
        return new CompoundWriter(_memory);
    }

    public void EndCompound(in CompoundWriter writer) => _bodyLength = writer.Length;

    /// <summary>Gives up sooner than after the time that an operation has: what is asked for is good to have, and no more.</summary>
    public void LimitTime(int allowedMs) => _allowedMs = Math.Min(allowedMs, _router.OperationTimeoutMs);
}
