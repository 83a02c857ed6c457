using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;

namespace SealFs.Manager.Services;

/// <summary>Measures every call, and turns what nobody expected into an answer that a client tries again.</summary>
internal sealed partial class CallInterceptor(ControlPlane plane, TimeProvider clock, ILogger<CallInterceptor> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        var begun = clock.GetTimestamp();
        var outcome = StatusCode.OK;
        try
        {
            return await continuation(request, context);
        }
        catch (RpcException e)
        {
            outcome = e.StatusCode;
            throw;
        }
        catch (OperationCanceledException)
        {
            outcome = StatusCode.Cancelled;
            throw;
        }
        catch (Exception e)
        {
            outcome = StatusCode.Internal;
            LogCallFailed(context.Method, e);
            throw new RpcException(new Status(StatusCode.Internal, $"The manager failed to answer: {e.Message}"));
        }
        finally
        {
            plane.Metrics.RecordCall(context.Method, outcome, clock.GetElapsedTime(begun));
        }
    }

    [LoggerMessage(8101, LogLevel.Error, "{Method} failed.")]
    private partial void LogCallFailed(string method, Exception error);
}
