using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using SealFs.Client.Runtime;

namespace SealFs.Client.Mounting;

/// <summary>
/// The process that serves a kept mount: it starts with everything it needs in inherited memory, goes on with what its predecessor had not answered, and
/// holds nothing that a successor could not find again.
/// </summary>
public static class MountWorker
{
    /// <summary>After SIGTERM, with everything written back. The keeper decides whether another one follows.</summary>
    public const int DrainedExitCode = 3;

    private const int FailedExitCode = 1;

    /// <summary>True when this process was started as a worker: the caller does nothing but <see cref="RunAsync"/>.</summary>
    public static bool IsWorkerCommandLine(string[] arguments) => arguments.Length == 3 && arguments[0] == WorkerProcess.CommandName;

    /// <summary>Serves until the mount is gone, or drains on SIGTERM. Returns the exit code.</summary>
    /// <param name="arguments">As <see cref="IsWorkerCommandLine"/> knows them.</param>
    /// <param name="loggers">Makes the logging for the log level given.</param>
    public static async Task<int> RunAsync(string[] arguments, Func<string, ILoggerFactory> loggers)
    {
        var parametersDescriptor = int.Parse(arguments[1], CultureInfo.InvariantCulture);
        var readyDescriptor = int.Parse(arguments[2], CultureInfo.InvariantCulture);
        try
        {
            var parameters = WorkerParametersCodec.FromBytes(InheritedMemory.ReadAndClose(parametersDescriptor));
            using var factory = loggers(parameters.Options.LogLevel);
            return await ServeAsync(parameters, readyDescriptor, factory).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The boundary of the process: whatever went wrong is told to the keeper, which tries again or gives up.
            ReadyPipe.ReportFailure(readyDescriptor, e.Message);
            await Console.Error.WriteLineAsync(e.ToString()).ConfigureAwait(false);
            return FailedExitCode;
        }
    }

    private static async Task<int> ServeAsync(WorkerParameters parameters, int readyDescriptor, ILoggerFactory loggers)
    {
        var drain = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            drain.TrySetResult();
        });

        // The terminal's Ctrl-C reaches the whole process group: what it means is the keeper's to decide.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => context.Cancel = true);

        if (parameters.LifelineDescriptor >= 0)
            Lifeline.EndWith(parameters.LifelineDescriptor);
        WorkerClaim.Take(parameters.ArenaDescriptor);
        await using var runtime = ClientRuntime.Start(parameters, loggers);
        ReadyPipe.ReportReady(readyDescriptor);
        await Task.WhenAny(runtime.Unmounted, drain.Task).ConfigureAwait(false);
        using var limit = new CancellationTokenSource(MountingLimits.LongestDrain);
        await runtime.DrainAsync(limit.Token).ConfigureAwait(false);
        return runtime.Unmounted.IsCompleted ? WorkerProcess.UnmountedExitCode : DrainedExitCode;
    }
}
