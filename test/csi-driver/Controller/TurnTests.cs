using Grpc.Core;

namespace SealFs.CsiDriver.Tests.Controller;

public sealed class TurnTests
{
    [Fact]
    public void A_volume_has_one_turn_at_a_time()
    {
        var turns = new VolumeTurns();
        var first = turns.Enter("a");
        turns.Enter("b").Dispose();
        Assert.Equal(StatusCode.Aborted, Assert.Throws<RpcException>(() => turns.Enter("a")).StatusCode);
        first.Dispose();
        turns.Enter("a").Dispose();
    }
}
