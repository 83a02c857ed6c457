using Microsoft.Extensions.Logging;

namespace SealFs.Client.Mounting;

public sealed partial class MountKeeper
{
    [LoggerMessage(4121, LogLevel.Warning, "{Directory} is in use: writing back what was written, then the mount ends under its users")]
    private static partial void LogInUse(ILogger logger, string directory);

    [LoggerMessage(4122, LogLevel.Error, "Writing back took longer than {Seconds} s: what is left is lost")]
    private static partial void LogDrainTooLong(ILogger logger, double seconds);
}
