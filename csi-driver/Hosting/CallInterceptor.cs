using System.Diagnostics;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;

namespace SealFs.CsiDriver.Hosting;

/// <summary>
/// Logs that a call was made, how long it took and how it ended; never a message, since secrets, mount flags and contexts are in it. What nobody expected becomes INTERNAL.
/// </summary>
internal sealed partial class CallInterceptor(ILogger<CallInterceptor> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        var begun = Stopwatch.GetTimestamp();
        try
        {
            var answer = await continuation(request, context);
            LogAnswered(context.Method, Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            return answer;
        }
        catch (RpcException refusal)
        {
            LogRefused(context.Method, refusal.StatusCode, refusal.Status.Detail, Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            throw;
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            throw Refusal.Of(StatusCode.Cancelled, "The caller did not wait for the answer.");
        }
        catch (Exception problem)
        {
            LogFailed(problem, context.Method);
            throw Refusal.Failed($"{problem.GetType().Name}: {problem.Message}");
        }
    }

    [LoggerMessage(9101, LogLevel.Debug, "{Method}: done in {Milliseconds:F0} ms")]
    private partial void LogAnswered(string method, double milliseconds);

    [LoggerMessage(9102, LogLevel.Information, "{Method}: {Status} after {Milliseconds:F0} ms: {Reason}")]
    private partial void LogRefused(string method, StatusCode status, string reason, double milliseconds);

    [LoggerMessage(9103, LogLevel.Error, "{Method} failed")]
    private partial void LogFailed(Exception problem, string method);
}
