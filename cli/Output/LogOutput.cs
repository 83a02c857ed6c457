using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace SealFs.Cli.Output;

/// <summary>The log: always on stderr, so that stdout has results alone.</summary>
internal static class LogOutput
{
    private const string TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";

    public static ILoggerFactory Create(LogLevel level, bool json) => LoggerFactory.Create(logging => Configure(logging, level, json));

    public static void Configure(ILoggingBuilder logging, LogLevel level, bool json)
    {
        logging.ClearProviders();
        logging.SetMinimumLevel(level);
        logging.AddFilter("Microsoft", level > LogLevel.Debug ? LogLevel.Warning : level);
        logging.AddFilter("Grpc", level > LogLevel.Debug ? LogLevel.Warning : level);
        logging.Services.Configure<ConsoleLoggerOptions>(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        if (json)
        {
            logging.AddJsonConsole(options =>
            {
                options.UseUtcTimestamp = true;
                options.TimestampFormat = TimestampFormat.TrimEnd();
                options.IncludeScopes = true;
            });
            return;
        }
        logging.AddSimpleConsole(options =>
        {
            options.SingleLine = true;
            options.UseUtcTimestamp = true;
            options.TimestampFormat = TimestampFormat;
            options.ColorBehavior = LoggerColorBehavior.Disabled;
        });
    }
}
