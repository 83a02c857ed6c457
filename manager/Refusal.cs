using Grpc.Core;

namespace SealFs.Manager;

/// <summary>Answers to requests that cannot be granted, in words that are shown to people as they are.</summary>
internal static class Refusal
{
    public static RpcException Invalid(string reason) => Of(StatusCode.InvalidArgument, reason);

    public static RpcException NotFound(string reason) => Of(StatusCode.NotFound, reason);

    public static RpcException Exists(string reason) => Of(StatusCode.AlreadyExists, reason);

    public static RpcException State(string reason) => Of(StatusCode.FailedPrecondition, reason);

    public static RpcException Full(string reason) => Of(StatusCode.ResourceExhausted, reason);

    public static RpcException Denied(string reason) => Of(StatusCode.PermissionDenied, reason);

    public static RpcException NotYet(string reason) => Of(StatusCode.Unavailable, reason);

    public static RpcException Overtaken(string reason) => Of(StatusCode.Aborted, reason);

    private static RpcException Of(StatusCode code, string reason) => new(new Status(code, reason));
}
