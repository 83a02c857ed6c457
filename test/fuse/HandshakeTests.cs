using System.Runtime.InteropServices;
using SealFs.Fuse.Abi;

namespace SealFs.Fuse.Tests;

/// <summary>What is agreed with kernels of other ages; a socket stands in for them.</summary>
public sealed class HandshakeTests
{
    /// <summary>Everything that a kernel could offer.</summary>
    private const FuseInitFlags All = (FuseInitFlags)ulong.MaxValue;

    private const FuseInitFlags LowFlags = (FuseInitFlags)0x3FFF_FFFF;

    private static readonly FuseHandshakeOptions s_wanted = new()
    {
        Flags = FuseHandshakeOptions.DefaultFlags | FuseInitFlags.FUSE_HANDLE_KILLPRIV_V2 | FuseInitFlags.FUSE_DIRECT_IO_ALLOW_MMAP,
    };

    [Fact]
    public void The_kernel_of_today_gives_everything_that_is_wanted()
    {
        var (negotiated, answer) = Shake(minor: 45, All, longForm: true);
        Assert.Equal(45u, negotiated.Minor);
        Assert.True(negotiated.Has(s_wanted.Flags | FuseHandshakeOptions.RequiredFlags));
        Assert.Equal((uint)((ulong)negotiated.Flags >> 32), answer.flags2);
        Assert.Equal(1 << 20, negotiated.MaxTransferBytes);
        Assert.Equal((1 << 20) / Environment.SystemPageSize, answer.max_pages);
    }

    [Theory]
    [InlineData(34)] // Linux 5.15
    [InlineData(33)] // Linux 5.13
    public void A_kernel_with_a_short_FUSE_INIT_gives_what_it_has(int minor)
    {
        var (negotiated, answer) = Shake((uint)minor, LowFlags, longForm: false);
        Assert.Equal((uint)minor, negotiated.Minor);
        Assert.Equal((uint)minor, answer.minor);
        Assert.Equal(s_wanted.Flags & LowFlags, negotiated.Flags & s_wanted.Flags);
        Assert.False(negotiated.Has(FuseInitFlags.FUSE_HAS_RESEND));
        Assert.False(negotiated.Has(FuseInitFlags.FUSE_DIRECT_IO_ALLOW_MMAP));
        Assert.Equal(0u, answer.flags2);
        Assert.Equal(1 << 20, negotiated.MaxTransferBytes);
        Assert.Equal(negotiated, FuseNegotiated.FromBytes(negotiated.ToBytes()));
    }

    [Fact]
    public void A_kernel_that_knows_some_of_the_newer_capabilities_gives_those()
    {
        const FuseInitFlags linux61 = LowFlags | FuseInitFlags.FUSE_INIT_EXT | FuseInitFlags.FUSE_SECURITY_CTX | FuseInitFlags.FUSE_HAS_INODE_DAX;
        var (negotiated, answer) = Shake(minor: 37, linux61, longForm: true);
        Assert.True(negotiated.Has(FuseInitFlags.FUSE_INIT_EXT | FuseInitFlags.FUSE_HANDLE_KILLPRIV_V2));
        Assert.False(negotiated.Has(FuseInitFlags.FUSE_HAS_EXPIRE_ONLY));
        Assert.Equal(0u, answer.flags2);
        Assert.Equal(linux61, negotiated.KernelFlags);
    }

    [Fact]
    public void What_lies_in_flags2_counts_only_with_FUSE_INIT_EXT()
    {
        var (negotiated, answer) = Shake(minor: 36, All & ~FuseInitFlags.FUSE_INIT_EXT, longForm: true);
        Assert.Equal(0UL, (ulong)negotiated.KernelFlags >> 32);
        Assert.Equal(0u, answer.flags2);
    }

    [Fact]
    public void Without_FUSE_MAX_PAGES_transfers_are_of_32_pages()
    {
        var (negotiated, answer) = Shake(minor: 34, LowFlags & ~FuseInitFlags.FUSE_MAX_PAGES, longForm: false);
        Assert.Equal(32 * Environment.SystemPageSize, negotiated.MaxTransferBytes);
        Assert.Equal((uint)negotiated.MaxTransferBytes, answer.max_write);
    }

    [Fact]
    public void Withheld_capabilities_are_not_there()
    {
        var (negotiated, _) = Shake(minor: 45, All, longForm: true, s_wanted with { Withheld = FuseInitFlags.FUSE_HAS_RESEND });
        Assert.False(negotiated.Has(FuseInitFlags.FUSE_HAS_RESEND));
        Assert.True(negotiated.Has(FuseInitFlags.FUSE_DIRECT_IO_ALLOW_MMAP));
        (negotiated, _) = Shake(minor: 45, All, longForm: true, s_wanted with { Withheld = FuseInitFlags.FUSE_INIT_EXT });
        Assert.Equal(0UL, (ulong)negotiated.KernelFlags >> 32);
    }

    [Theory]
    [InlineData(7, 32, LowFlags)]
    [InlineData(6, 45, LowFlags)]
    [InlineData(7, 33, LowFlags & ~FuseInitFlags.FUSE_SETXATTR_EXT)]
    public void A_kernel_that_is_too_old_is_refused(int major, int minor, FuseInitFlags flags)
    {
        var (here, there) = Posix.MessagePair();
        try
        {
            Offer(there, (uint)major, (uint)minor, flags, longForm: false);
            Assert.Contains("5.13", Assert.Throws<NotSupportedException>(() => FuseHandshake.Perform(here, s_wanted)).Message, StringComparison.Ordinal);
        }
        finally
        {
            Posix.Close(here);
            Posix.Close(there);
        }
    }

    private static (FuseNegotiated Negotiated, fuse_init_out Answer) Shake(uint minor, FuseInitFlags flags, bool longForm, FuseHandshakeOptions? wanted = null)
    {
        var (here, there) = Posix.MessagePair();
        try
        {
            Offer(there, FuseProtocol.FUSE_KERNEL_VERSION, minor, flags, longForm);
            var negotiated = FuseHandshake.Perform(here, wanted ?? s_wanted);
            Span<byte> reply = stackalloc byte[128];
            Assert.Equal(16 + 64, Posix.Receive(there, reply));
            Assert.Equal(5UL, MemoryMarshal.Read<fuse_out_header>(reply).unique);
            return (negotiated, MemoryMarshal.Read<fuse_init_out>(reply[16..]));
        }
        finally
        {
            Posix.Close(here);
            Posix.Close(there);
        }
    }

    private static void Offer(int socket, uint major, uint minor, FuseInitFlags flags, bool longForm)
    {
        var length = 40 + (longForm ? 64 : 16);
        Span<byte> message = stackalloc byte[40 + 64];
        MemoryMarshal.Write(message, new fuse_in_header { len = (uint)length, opcode = FuseOpcode.FUSE_INIT, unique = 5 });
        MemoryMarshal.Write(message[40..], new fuse_init_in
        {
            major = major,
            minor = minor,
            max_readahead = 131_072,
            flags = (uint)(ulong)flags,
            flags2 = (uint)((ulong)flags >> 32),
        });
        Assert.Equal(length, Posix.Append(socket, message[..length]));
    }
}
