using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace SealFs.Cli.Output;

/// <summary>
/// Writes each message as one line on stderr, at once and in one write, so that the last words of a process that dies are there and lines of several
/// processes do not mix. The console logger of the framework is not used: it queues, and takes longer to start than a mount's worker may.
/// </summary>
/// <param name="json">One JSON object a line instead of text.</param>
internal sealed partial class StderrLoggerProvider(bool json) : ILoggerProvider
{
    private const int StandardError = 2;

    private readonly ConcurrentDictionary<string, ILogger> _loggers = new();
    private readonly Lock _gate = new();

    public ILogger CreateLogger(string categoryName) => _loggers.GetOrAdd(categoryName, name => new Logger(this, name));

    public void Dispose()
    {
    }

    private void Write(LogLevel level, string category, EventId id, string message, IReadOnlyList<KeyValuePair<string, object?>>? state, Exception? exception)
    {
        var line = json ? JsonLine(level, category, id, message, state, exception) : TextLine(level, category, id, message, exception);
        lock (_gate)
            WriteAll(line);
    }

    /// <summary>
    /// write(2) itself. Console.Error duplicates the descriptor, and would stay on the terminal when a background process moves it to a file; a FileStream keeps
    /// an offset of its own, which is wrong for a file that several processes append to. When nobody reads stderr any more, or its disk is full, the line is
    /// lost: no reason to stop serving files.
    /// </summary>
    private static unsafe void WriteAll(ReadOnlySpan<byte> line)
    {
        fixed (byte* start = line)
        {
            nint written;
            for (var offset = 0; offset < line.Length; offset += (int)written)
            {
                written = write(StandardError, start + offset, line.Length - offset);
                if (written <= 0)
                    return;
            }
        }
    }

    [LibraryImport("libc")]
    private static unsafe partial nint write(int descriptor, byte* buffer, nint count);

    private static byte[] TextLine(LogLevel level, string category, EventId id, string message, Exception? exception)
    {
        var text = new StringBuilder(160);
        text.Append(DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ ")).Append(NameOf(level)).Append(": ").Append(category).Append('[').Append(id.Id).Append("] ");
        text.Append(message.ReplaceLineEndings(" "));
        if (exception is not null)
            text.Append(" | ").Append(exception.ToString().ReplaceLineEndings(" | "));
        return Encoding.UTF8.GetBytes(text.Append('\n').ToString());
    }

    private static byte[] JsonLine(
        LogLevel level, string category, EventId id, string message, IReadOnlyList<KeyValuePair<string, object?>>? state, Exception? exception)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("time", DateTime.UtcNow);
            writer.WriteString("level", NameOf(level));
            writer.WriteString("category", category);
            writer.WriteNumber("event", id.Id);
            writer.WriteString("message", message);
            if (state is { Count: > 1 })
                WriteFields(writer, state);
            if (exception is not null)
                writer.WriteString("exception", exception.ToString());
            writer.WriteEndObject();
        }
        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    private static void WriteFields(Utf8JsonWriter writer, IReadOnlyList<KeyValuePair<string, object?>> state)
    {
        writer.WriteStartObject("fields");
        foreach (var (name, value) in state)
        {
            if (name != "{OriginalFormat}")
                writer.WriteString(name, Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture));
        }
        writer.WriteEndObject();
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "crit",
    };

    private sealed class Logger(StderrLoggerProvider provider, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            provider.Write(logLevel, category, eventId, formatter(state, exception), state as IReadOnlyList<KeyValuePair<string, object?>>, exception);
    }
}
