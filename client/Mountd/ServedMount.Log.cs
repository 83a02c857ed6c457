using Microsoft.Extensions.Logging;

namespace SealFs.Client.Mountd;

internal sealed partial class ServedMount
{
    [LoggerMessage(4211, LogLevel.Information, "{Volume} is mounted on {Directory}")]
    private partial void LogMounted(string volume, string directory);

    [LoggerMessage(4212, LogLevel.Information, "Going on with {Volume} on {Directory}")]
    private partial void LogAdopted(string volume, string directory);

    [LoggerMessage(4213, LogLevel.Information, "{Volume} on {Directory} was unmounted")]
    private partial void LogUnmounted(string volume, string directory);

    [LoggerMessage(4214, LogLevel.Error, "{Volume} on {Directory} is given up: {Reason}")]
    private partial void LogGivenUp(string volume, string directory, string reason);
}
