using System.Text;
using Microsoft.Win32.SafeHandles;

namespace SealFs.Client.Mounting;

/// <summary>
/// A pipe on which a started process tells its starter, once, how the start went: the line "ready", or "failed: " and the reason. A process that dies
/// before it told closes the pipe, which the starter sees as an end of file.
/// </summary>
public sealed class ReadyPipe : IDisposable
{
    private const string ReadyLine = "ready";
    private const string FailurePrefix = "failed: ";

    private readonly StreamReader _reader;
    private int _writeDescriptor;

    public unsafe ReadyPipe()
    {
        var descriptors = stackalloc int[2];
        Native.Check(Native.pipe2(descriptors, Native.O_CLOEXEC), "pipe2");
        _reader = new StreamReader(new FileStream(new SafeFileHandle(descriptors[0], ownsHandle: true), FileAccess.Read, bufferSize: 1), Encoding.UTF8);
        _writeDescriptor = descriptors[1];
        Native.MakeInheritable(_writeDescriptor);
    }

    /// <summary>What the started process is told, so that it can find its end.</summary>
    public int WriteDescriptor => _writeDescriptor;

    /// <summary>Must follow the start of the process: only then does its death close the pipe.</summary>
    public void CloseWriteEnd()
    {
        if (_writeDescriptor >= 0)
            _ = Native.close(_writeDescriptor);
        _writeDescriptor = -1;
    }

    /// <summary>Null when the process is ready, else why not.</summary>
    public async Task<string?> WaitAsync(CancellationToken cancellation)
    {
        var line = await _reader.ReadLineAsync(cancellation).ConfigureAwait(false);
        return line switch
        {
            ReadyLine => null,
            null => "the process ended before it was ready",
            _ when line.StartsWith(FailurePrefix, StringComparison.Ordinal) => line[FailurePrefix.Length..],
            _ => $"unexpected answer: {line}",
        };
    }

    public static void ReportReady(int writeDescriptor) => Report(writeDescriptor, ReadyLine);

    public static void ReportFailure(int writeDescriptor, string reason) => Report(writeDescriptor, FailurePrefix + reason.ReplaceLineEndings(" "));

    public void Dispose()
    {
        CloseWriteEnd();
        _reader.Dispose();
    }

    private static unsafe void Report(int writeDescriptor, string line)
    {
        var bytes = Encoding.UTF8.GetBytes(line + "\n");
        fixed (byte* start = bytes)
        {
            // The starter may have gone away; that is its own affair.
            _ = Native.write(writeDescriptor, start, bytes.Length);
        }

        _ = Native.close(writeDescriptor);
    }
}
