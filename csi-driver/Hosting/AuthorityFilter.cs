using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace SealFs.CsiDriver.Hosting;

/// <summary>Between the socket and the server: what a client sends, frame by frame (RFC 9113, 4.1), with <see cref="AuthorityHeader"/> applied to HEADERS.</summary>
internal static class AuthorityFilter
{
    private const int PrefaceBytes = 24;
    private const int FrameHeaderBytes = 9;
    private const byte HeadersFrame = 1;
    private const byte PaddedFlag = 0x8;
    private const byte PriorityFlag = 0x20;

    /// <summary>The largest frame that a server takes which has not asked for larger ones; one that is longer is the server's to refuse.</summary>
    private const int MaxFrameBytes = 16_384;

    public static async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var transport = connection.Transport;
        var filtered = new Pipe();
        var filtering = PumpAsync(transport.Input, filtered.Writer);
        connection.Transport = new Duplex(filtered.Reader, transport.Output);
        try
        {
            await next(connection);
        }
        finally
        {
            await filtered.Reader.CompleteAsync();
            transport.Input.CancelPendingRead();
            await filtering;
            connection.Transport = transport;
        }
    }

    private static async Task PumpAsync(PipeReader input, PipeWriter output)
    {
        var isStarted = false;
        try
        {
            while (true)
            {
                var result = await input.ReadAsync();
                var buffer = result.Buffer;
                while (TryTake(ref buffer, output, ref isStarted))
                {
                }
                input.AdvanceTo(buffer.Start, buffer.End);
                var flushed = await output.FlushAsync();
                if (result.IsCompleted || result.IsCanceled || flushed.IsCompleted)
                    break;
            }
            await output.CompleteAsync();
        }
        catch (Exception problem) when (problem is IOException or ConnectionAbortedException or ConnectionResetException)
        {
            await output.CompleteAsync(problem);
        }
    }

    private static bool TryTake(ref ReadOnlySequence<byte> buffer, PipeWriter output, ref bool isStarted)
    {
        if (!isStarted)
        {
            if (buffer.Length < PrefaceBytes)
                return false;
            Copy(buffer.Slice(0, PrefaceBytes), output);
            buffer = buffer.Slice(PrefaceBytes);
            isStarted = true;
            return true;
        }
        if (buffer.Length < FrameHeaderBytes)
            return false;
        Span<byte> header = stackalloc byte[FrameHeaderBytes];
        buffer.Slice(0, FrameHeaderBytes).CopyTo(header);
        var length = (header[0] << 16) | (header[1] << 8) | header[2];
        if (length <= MaxFrameBytes && buffer.Length < FrameHeaderBytes + length)
            return false;
        var frame = buffer.Slice(0, Math.Min(buffer.Length, FrameHeaderBytes + length));
        if (header[3] == HeadersFrame && length <= MaxFrameBytes)
            Rewrite(header, frame.Slice(FrameHeaderBytes).ToArray(), output);
        else
            Copy(frame, output);
        buffer = buffer.Slice(frame.End);
        return true;
    }

    private static void Rewrite(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, PipeWriter output)
    {
        var before = ((header[4] & PaddedFlag) != 0 ? 1 : 0) + ((header[4] & PriorityFlag) != 0 ? 5 : 0);
        var after = (header[4] & PaddedFlag) != 0 && payload.Length > 0 ? payload[0] : 0;
        var block = new ArrayBufferWriter<byte>(payload.Length + 16);
        if (before + after <= payload.Length)
        {
            block.Write(payload[..before]);
            AuthorityHeader.Rewrite(payload[before..^after], block);
            block.Write(payload[^after..]);
        }
        else
        {
            block.Write(payload);
        }
        Span<byte> changed = stackalloc byte[FrameHeaderBytes];
        header.CopyTo(changed);
        BinaryPrimitives.WriteInt32BigEndian(changed, (block.WrittenCount << 8) | header[3]);
        output.Write(changed);
        output.Write(block.WrittenSpan);
    }

    private static void Copy(ReadOnlySequence<byte> bytes, PipeWriter output)
    {
        foreach (var part in bytes)
            output.Write(part.Span);
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
