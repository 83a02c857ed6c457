using Grpc.Core;

namespace SealFs.Core.Control;

/// <summary>The manager refused a request or could not be reached; the message is fit for people.</summary>
public sealed class ControlException : Exception
{
    public ControlException(StatusCode code, string message, Exception? inner = null)
        : base(message, inner) => Code = code;

    public StatusCode Code { get; }

    /// <summary>
    /// True when the same request may succeed later: no manager could be reached, or it was not ready, or it did not accept the certificate, which can be replaced. What was
    /// cancelled was so by the connection: a caller that cancels gets an <see cref="OperationCanceledException"/>.
    /// </summary>
    public bool IsTransient => Code is StatusCode.Unavailable or StatusCode.Aborted or StatusCode.DeadlineExceeded or StatusCode.Internal or StatusCode.Unknown
        or StatusCode.Unauthenticated or StatusCode.Cancelled;
}
