using System.Net.Sockets;
using Grpc.Core;
using SealFs.Client.Mounting;
using SealFs.Core.Control;
using SealFs.Core.Security;

namespace SealFs.Cli;

/// <summary>Turns what the parts throw into a line for people and an exit code.</summary>
internal static class FailureTranslation
{
    public static async Task<int> RunAsync(Invocation invocation, Func<Invocation, Task<int>> run)
    {
        try
        {
            return await run(invocation);
        }
        catch (CommandFailure)
        {
            throw;
        }
        catch (OperationCanceledException) when (invocation.Stop.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (Exception problem)
        {
            throw new CommandFailure(ExitCodeOf(problem), OneLine(problem), problem);
        }
    }

    private static int ExitCodeOf(Exception problem) => problem switch
    {
        ControlException refused => ExitCodeOf(refused.Code),
        TimeoutException or SocketException => ExitCode.Unreachable,
        FileNotFoundException or DirectoryNotFoundException => ExitCode.NotFound,
        UnauthorizedAccessException => ExitCode.Refused,
        ArgumentException or CredentialException => ExitCode.Usage,
        _ => ExitCode.Failed,
    };

    private static int ExitCodeOf(StatusCode code) => code switch
    {
        StatusCode.Unavailable or StatusCode.DeadlineExceeded => ExitCode.Unreachable,
        StatusCode.NotFound => ExitCode.NotFound,
        StatusCode.AlreadyExists => ExitCode.Exists,
        StatusCode.FailedPrecondition or StatusCode.PermissionDenied or StatusCode.Unauthenticated => ExitCode.Refused,
        StatusCode.InvalidArgument => ExitCode.Usage,
        _ => ExitCode.Failed,
    };

    /// <summary>What went wrong, for people.</summary>
    public static string OneLine(Exception problem)
    {
        var text = problem.Message.ReplaceLineEndings(" ").Trim();
        return problem is ControlException or CredentialException or MountException or IOException or UnauthorizedAccessException or TimeoutException or SocketException or ArgumentException or InvalidOperationException
            ? text
            : $"{problem.GetType().Name}: {text}";
    }
}
