using System.Runtime.InteropServices;
using SealFs.Fuse.Abi;
using SealFs.Fuse.Native;

namespace SealFs.Fuse;

/// <summary>FUSE_INIT: always the first request of a fresh mount. It is answered before any worker reads.</summary>
public static unsafe class FuseHandshake
{
    /// <summary>Length of <see cref="fuse_init_in"/> up to and with <c>flags</c>: all of it before Linux 5.17.</summary>
    private const int ShortInitBytes = 16;

    /// <summary>A WRITE or READ has at most so many pages without FUSE_MAX_PAGES.</summary>
    private const int PagesWithoutMaxPages = 32;

    /// <summary>Reads FUSE_INIT and answers it.</summary>
    /// <exception cref="FuseException">The descriptor could not be read or written.</exception>
    /// <exception cref="NotSupportedException">The kernel is older than Linux 5.13.</exception>
    public static FuseNegotiated Perform(int descriptor, FuseHandshakeOptions wanted)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        var buffer = (byte*)NativeMemory.AlignedAlloc(FuseProtocol.FUSE_MIN_READ_BUFFER, 64);
        try
        {
            // What an older kernel does not send counts as null.
            NativeMemory.Clear(buffer, (nuint)(sizeof(fuse_in_header) + sizeof(fuse_init_in)));
            ReadInit(descriptor, buffer);
            var header = (fuse_in_header*)buffer;
            var offer = (fuse_init_in*)(header + 1);
            if (offer->major != FuseProtocol.FUSE_KERNEL_VERSION || offer->minor < FuseProtocol.OldestMinorVersion)
                throw new NotSupportedException($"the kernel speaks FUSE {offer->major}.{offer->minor}, at least 7.{FuseProtocol.OldestMinorVersion} (Linux 5.13) is needed");
            var negotiated = Negotiate(in *offer, wanted);
            if (!negotiated.Has(FuseInitFlags.FUSE_SETXATTR_EXT)) throw new NotSupportedException("the kernel has no FUSE_SETXATTR_EXT; Linux 5.13 is needed");
            Answer(descriptor, header->unique, negotiated, wanted);
            return negotiated;
        }
        finally
        {
            NativeMemory.AlignedFree(buffer);
        }
    }

    private static void ReadInit(int descriptor, byte* buffer)
    {
        while (true)
        {
            var length = Libc.read(descriptor, buffer, FuseProtocol.FUSE_MIN_READ_BUFFER);
            if (length >= sizeof(fuse_in_header) + ShortInitBytes) break;
            var errno = Marshal.GetLastPInvokeError();
            if (length < 0 && errno is FuseErrno.EINTR or FuseErrno.EAGAIN) continue;
            throw new FuseException("reading FUSE_INIT", length < 0 ? errno : FuseErrno.EINVAL);
        }
        var opcode = ((fuse_in_header*)buffer)->opcode;
        if (opcode != FuseOpcode.FUSE_INIT) throw new InvalidOperationException($"{opcode} came instead of FUSE_INIT: the handshake was done already");
    }

    private static FuseNegotiated Negotiate(in fuse_init_in offer, FuseHandshakeOptions wanted)
    {
        var kernel = (FuseInitFlags)offer.flags & ~wanted.Withheld;
        if ((kernel & FuseInitFlags.FUSE_INIT_EXT) != 0) kernel |= (FuseInitFlags)((ulong)offer.flags2 << 32) & ~wanted.Withheld;
        var hasMaxPages = (kernel & FuseInitFlags.FUSE_MAX_PAGES) != 0;
        return new FuseNegotiated
        {
            Minor = Math.Min(offer.minor, FuseProtocol.FUSE_KERNEL_MINOR_VERSION),
            KernelFlags = kernel,
            Flags = kernel & (wanted.Flags | FuseHandshakeOptions.RequiredFlags),
            MaxTransferBytes = hasMaxPages ? wanted.MaxTransferBytes : Math.Min(wanted.MaxTransferBytes, PagesWithoutMaxPages * Environment.SystemPageSize),
            MaxReadaheadBytes = (int)Math.Min(offer.max_readahead, (uint)wanted.MaxReadaheadBytes),
            TimeGranularityNs = wanted.TimeGranularityNs,
        };
    }

    private static void Answer(int descriptor, ulong unique, FuseNegotiated negotiated, FuseHandshakeOptions wanted)
    {
        var flags = (ulong)negotiated.Flags;
        var body = new fuse_init_out
        {
            major = FuseProtocol.FUSE_KERNEL_VERSION,
            minor = negotiated.Minor,
            max_readahead = (uint)negotiated.MaxReadaheadBytes,
            flags = (uint)flags,
            flags2 = (uint)(flags >> 32),
            max_background = wanted.MaxBackground,
            congestion_threshold = wanted.CongestionThreshold,
            max_write = (uint)negotiated.MaxTransferBytes,
            time_gran = negotiated.TimeGranularityNs,
            max_pages = (ushort)(negotiated.MaxTransferBytes / Environment.SystemPageSize),
            request_timeout = wanted.RequestTimeoutSeconds,
        };
        var header = new fuse_out_header { len = (uint)(sizeof(fuse_out_header) + sizeof(fuse_init_out)), unique = unique };
        var segments = stackalloc FuseSegment[2];
        segments[0] = new FuseSegment((byte*)&header, sizeof(fuse_out_header));
        segments[1] = new FuseSegment((byte*)&body, sizeof(fuse_init_out));
        if (Libc.writev(descriptor, segments, 2) < 0) throw new FuseException("answering FUSE_INIT", Marshal.GetLastPInvokeError());
    }
}
