using System.Buffers;

namespace SealFs.CsiDriver.Hosting;

/// <summary>
/// Kubelets put the path of the socket into :authority ("/var/lib/kubelet/plugins/…"), which is no host, and Kestrel ends such a stream with PROTOCOL_ERROR. There is no setting
/// for that, and the name of the host says nothing on a Unix socket: this puts "localhost" there, in the header block (RFC 7541) of a HEADERS frame. It needs to know
/// nothing of the compression's state: the server announces a dynamic table of size zero.
/// </summary>
internal static class AuthorityHeader
{
    private const int StaticIndex = 1;

    private static ReadOnlySpan<byte> Localhost => "localhost"u8;

    /// <summary>Writes the block with another authority. A block that is not understood is written as it is: the server will say what is wrong.</summary>
    public static void Rewrite(ReadOnlySpan<byte> block, IBufferWriter<byte> output)
    {
        for (var at = 0; at < block.Length;)
        {
            var first = block[at];
            var start = at;
            if (first >= 0x80)
            {
                // Indexed name and value.
                if (!TryReadInteger(block, ref at, 7, out _))
                    break;
                continue;
            }
            if (first is >= 0x20 and < 0x40)
            {
                // The size of the dynamic table.
                if (!TryReadInteger(block, ref at, 5, out _))
                    break;
                continue;
            }
            if (!TryReadInteger(block, ref at, first >= 0x40 ? 6 : 4, out var name) || (name == 0 && !TrySkipString(block, ref at)))
                break;
            var valueAt = at;
            if (!TrySkipString(block, ref at))
                break;
            if (name != StaticIndex)
                continue;
            output.Write(block[..start]);
            output.Write(block[start..valueAt]);
            output.Write([(byte)Localhost.Length]);
            output.Write(Localhost);
            output.Write(block[at..]);
            return;
        }
        output.Write(block);
    }

    private static bool TrySkipString(ReadOnlySpan<byte> block, ref int at)
    {
        if (at >= block.Length || !TryReadInteger(block, ref at, 7, out var length) || length > block.Length - at)
            return false;
        at += length;
        return true;
    }

    /// <summary>RFC 7541, 5.1.</summary>
    private static bool TryReadInteger(ReadOnlySpan<byte> block, ref int at, int prefixBits, out int value)
    {
        value = block[at++] & ((1 << prefixBits) - 1);
        if (value < (1 << prefixBits) - 1)
            return true;
        for (var shift = 0; shift <= 21; shift += 7)
        {
            if (at >= block.Length)
                return false;
            var next = block[at++];
            value += (next & 0x7F) << shift;
            if (next < 0x80)
                return true;
        }
        return false;
    }
}
