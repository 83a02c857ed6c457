using SealFs.Client.Mountd.V1;

namespace SealFs.Client.Mountd;

/// <summary>The other side of mountd's socket refused something, or is not there; the message is fit for people.</summary>
public sealed class MountdException(FailureCode code, string message, Exception? inner = null) : Exception(message, inner)
{
    public FailureCode Code { get; } = code;
}
