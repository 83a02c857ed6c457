using CsCheck;
using SealFs.Cli.Mounts;
using SealFs.Cli.Settings;
using SealFs.Client;
using Xunit;

namespace SealFs.Cli.Tests;

/// <summary>Sizes, durations, addresses and mount options as people write them.</summary>
public sealed class SettingParserTests
{
    private static readonly MountOptions s_defaults = new() { Volume = "v", Directory = "/d", Managers = ["m:1"] };

    [Theory]
    [InlineData("0", 0)]
    [InlineData("4096", 4096)]
    [InlineData("64MiB", 64L << 20)]
    [InlineData("10G", 10L << 30)]
    [InlineData("1.5k", 1536)]
    [InlineData("2 TB", 2L << 40)]
    [InlineData("7eib", 7L << 60)]
    public void Sizes(string text, long bytes) => Assert.Equal(bytes, ByteSize.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("-1")]
    [InlineData("1KK")]
    [InlineData("8E")]
    [InlineData("1e3")]
    public void What_is_no_size(string text) => Assert.Throws<FormatException>(() => ByteSize.Parse(text));

    [Fact]
    public void A_size_is_read_as_it_was_printed() =>
        Gen.Int[0, 1023].Select(Gen.Int[0, 5]).Sample((count, unit) =>
        {
            var bytes = (ulong)count << (10 * unit);
            Assert.Equal(bytes, (ulong)ByteSize.Parse(ByteSize.Format(bytes)));
        });

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("30s", 30_000)]
    [InlineData("1.5m", 90_000)]
    [InlineData("2h", 7_200_000)]
    public void Durations(string text, double milliseconds) => Assert.Equal(milliseconds, SettingParsers.Duration(text).TotalMilliseconds);

    [Theory]
    [InlineData("7400", "127.0.0.1:7400")]
    [InlineData("localhost:1", "127.0.0.1:1")]
    [InlineData("10.0.0.5:7400", "10.0.0.5:7400")]
    [InlineData("[::1]:7400", "[::1]:7400")]
    public void Addresses_to_listen_on(string text, string endpoint) => Assert.Equal(endpoint, Endpoint.Parse(text).ToString());

    [Theory]
    [InlineData("host")]
    [InlineData("10.0.0.5")]
    [InlineData("70000")]
    public void What_is_no_address(string text) => Assert.Throws<FormatException>(() => Endpoint.Parse(text));

    [Fact]
    public void Mount_options_are_applied_in_their_order()
    {
        var options = MountOptionParser.Apply(s_defaults, "ro,entry_timeout=0.5,attr_timeout=5s,write_buffer=8M,cache=never,listing=attributes,threads=3,noatime,_netdev,name=me,rw");
        Assert.False(options.ReadOnly);
        Assert.Equal(500, options.EntryTimeoutMs);
        Assert.Equal(5000, options.AttributeTimeoutMs);
        Assert.Equal(8L << 20, options.WriteBufferBytes);
        Assert.Equal(CacheMode.Never, options.Cache);
        Assert.True(options.ListAttributes);
        Assert.Equal(3, options.WorkerThreads);
        Assert.Equal("me", options.ClientName);
    }
}
