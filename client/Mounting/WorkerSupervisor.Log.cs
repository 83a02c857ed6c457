using Microsoft.Extensions.Logging;

namespace SealFs.Client.Mounting;

internal sealed partial class WorkerSupervisor
{
    [LoggerMessage(4101, LogLevel.Information, "Worker {ProcessId} serves the mount (generation {Generation})")]
    private static partial void LogServing(ILogger logger, int processId, ushort generation);

    [LoggerMessage(4102, LogLevel.Warning, "Worker {ProcessId} ended with code {ExitCode} ({State}); another one follows")]
    private static partial void LogDied(ILogger logger, int processId, int exitCode, string state);
}
