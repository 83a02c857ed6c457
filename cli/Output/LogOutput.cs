using Microsoft.Extensions.Logging;

namespace SealFs.Cli.Output;

/// <summary>The log: always on stderr, so that stdout has results alone.</summary>
internal static class LogOutput
{
    /// <param name="level">What is less severe is not written. Libraries are a step quieter, unless everything is asked for.</param>
    /// <param name="json">One JSON object a line instead of text.</param>
    public static ILoggerFactory Create(LogLevel level, bool json)
    {
        var filter = new LoggerFilterOptions { MinLevel = level };
        if (level is > LogLevel.Debug and < LogLevel.Warning)
        {
            filter.Rules.Add(new LoggerFilterRule(null, "Microsoft", LogLevel.Warning, null));
            filter.Rules.Add(new LoggerFilterRule(null, "Grpc", LogLevel.Warning, null));
        }
        return new LoggerFactory([new StderrLoggerProvider(json)], filter);
    }
}
