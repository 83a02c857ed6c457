using System.Runtime.CompilerServices;
using SealFs.Core.Wire;

namespace SealFs.Core.Rpc;

/// <summary>Repeats calls whose connection broke under them.</summary>
public static class RpcRetry
{
    /// <summary>
    /// Like CallAsync, but a call that ended with Disconnected is sent again, marked as resent, until it is answered or the deadline of the first
    /// attempt has passed. Safe for requests that change nothing and for mutations, which carry (session, sequence). For one peer: whoever
    /// may find the shard elsewhere after a failure asks its map first, and sets Resent itself.
    /// </summary>
    public static ValueTask<RpcResponse> CallRetryingAsync<TBody>(
        this RpcConnection connection, in RpcCall call, in TBody body, Payload payload = default, CancellationToken cancellation = default)
        where TBody : struct, IWireMessage<TBody>
    {
        ArgumentNullException.ThrowIfNull(connection);
        return RepeatAsync(connection, call, body, payload, cancellation);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<RpcResponse> RepeatAsync<TBody>(
        RpcConnection connection, RpcCall call, TBody body, Payload payload, CancellationToken cancellation)
        where TBody : struct, IWireMessage<TBody>
    {
        var startedAt = Environment.TickCount64;
        var timeoutMs = call.TimeoutMs == 0 ? connection.DefaultTimeoutMs : call.TimeoutMs;
        while (true)
        {
            var response = await connection.CallAsync(in call, in body, payload, cancellation);
            var leftMs = startedAt + timeoutMs - Environment.TickCount64;
            if (response.Answered || response.Status != Errno.Disconnected || connection.IsDisposed)
                return response;
            if (leftMs <= 0)
                return new RpcResponse(Errno.ETIMEDOUT);
            call.Resent = true;
            call.TimeoutMs = (uint)leftMs;
        }
    }
}
