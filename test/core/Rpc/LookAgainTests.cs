using System.Diagnostics;
using SealFs.Core.Rpc;
using Xunit;

namespace SealFs.Core.Tests.Rpc;

public sealed class LookAgainTests
{
    /// <summary>A wait that began in the future is a short one however slow the machine is, and one that began an hour ago is a long one.</summary>
    private static long Short => Stopwatch.GetTimestamp() + (Stopwatch.Frequency * 3600);

    private static long Long => Stopwatch.GetTimestamp() - (Stopwatch.Frequency * 3600);

    [Fact]
    public void Pays_after_short_waits_and_stops_paying_after_long_ones()
    {
        var look = new LookAgain();
        Assert.False(look.IsWorthWhile);
        for (var wait = 0; wait < 100; wait++)
            look.Waited(Short);
        Assert.True(look.IsWorthWhile);
        for (var wait = 0; wait < 8; wait++)
            look.Waited(Long);
        Assert.False(look.IsWorthWhile);
    }

    [Fact]
    public void Pays_where_every_third_wait_is_short_and_not_where_every_tenth_is()
    {
        var often = new LookAgain();
        var seldom = new LookAgain();
        var (looksOften, looksSeldom) = (0, 0);
        for (var wait = 0; wait < 300; wait++)
        {
            often.Waited(wait % 3 == 0 ? Short : Long);
            seldom.Waited(wait % 10 == 0 ? Short : Long);
            looksOften += often.IsWorthWhile ? 1 : 0;
            looksSeldom += seldom.IsWorthWhile ? 1 : 0;
        }

        Assert.InRange(looksOften, 200, 300);
        Assert.InRange(looksSeldom, 0, 60);
    }
}
