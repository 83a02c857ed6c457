using Grpc.Core;

namespace SealFs.CsiDriver;

/// <summary>Answers to calls that cannot be granted. The words end in an event on somebody's PersistentVolumeClaim or pod: they must help there, and hold no secret.</summary>
internal static class Refusal
{
    public static RpcException Invalid(string reason) => Of(StatusCode.InvalidArgument, reason);

    public static RpcException NotFound(string reason) => Of(StatusCode.NotFound, reason);

    public static RpcException Exists(string reason) => Of(StatusCode.AlreadyExists, reason);

    public static RpcException State(string reason) => Of(StatusCode.FailedPrecondition, reason);

    public static RpcException Range(string reason) => Of(StatusCode.OutOfRange, reason);

    public static RpcException Busy(string reason) => Of(StatusCode.Aborted, reason);

    public static RpcException Unavailable(string reason) => Of(StatusCode.Unavailable, reason);

    public static RpcException Failed(string reason) => Of(StatusCode.Internal, reason);

    public static RpcException Of(StatusCode code, string reason) => new(new Status(code, reason));
}
