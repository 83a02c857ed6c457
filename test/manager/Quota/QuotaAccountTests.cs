using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Manager.Quota;
using Xunit;

namespace SealFs.Manager.Tests.Quota;

public sealed class QuotaAccountTests
{
    private const ulong MiB = 1 << 20;
    private const ulong GiB = 1 << 30;
    private static readonly NodeId A = new(1);
    private static readonly NodeId B = new(2);
    private static readonly NodeId C = new(3);

    [Fact]
    public void Without_a_quota_there_is_no_ceiling()
    {
        var account = new QuotaAccount(0, QuotaAccount.SmallRemainderBytes, []);
        Assert.Equal(new QuotaAnswer(ControlLimits.UnlimitedCeiling, false), account.Report(A, 5 * GiB, 0, urgent: true, nodes: 1));
        Assert.Equal(5 * GiB, account.Used);
    }

    [Fact]
    public void Idle_nodes_together_hold_at_most_half_of_what_remains()
    {
        var account = new QuotaAccount(12 * GiB, QuotaAccount.SmallRemainderBytes, []);
        ulong[] ceilings = [.. new[] { A, B, C }.Select(node => account.Report(node, 0, 0, urgent: false, nodes: 3).Ceiling)];
        Assert.All(ceilings, ceiling => Assert.Equal(2 * GiB, ceiling));
    }

    [Fact]
    public void An_urgent_node_gets_half_of_the_rest_and_all_of_a_small_rest()
    {
        var account = new QuotaAccount(10 * GiB, QuotaAccount.SmallRemainderBytes, []);
        Assert.Equal(5 * GiB, account.Report(A, 0, 0, urgent: true, nodes: 1).Ceiling);
        Assert.Equal((9 * GiB) + (GiB / 2), account.Report(A, 9 * GiB, 5 * GiB, urgent: true, nodes: 1).Ceiling);
        var used = (10 * GiB) - (50 * MiB);
        Assert.Equal(new QuotaAnswer(10 * GiB, false), account.Report(A, used, used, urgent: true, nodes: 1));
        Assert.Equal(new QuotaAnswer(10 * GiB, false), account.Report(A, 10 * GiB, 10 * GiB, urgent: true, nodes: 1));
    }

    [Fact]
    public void A_node_that_asks_in_vain_gets_what_idle_nodes_give_back()
    {
        var account = new QuotaAccount(900 * MiB, QuotaAccount.SmallRemainderBytes, []);
        var idle = account.Report(B, 0, 0, urgent: false, nodes: 2).Ceiling;
        Assert.Equal(225 * MiB, idle);

        // The first to come takes what nobody holds, and is told that there is more.
        var ceiling = 0ul;
        QuotaAnswer answer;
        do
        {
            answer = account.Report(A, ceiling, ceiling, urgent: true, nodes: 2);
            Assert.True(answer.Ceiling > ceiling || answer.MoreExpected);
            ceiling = answer.Ceiling;
        }
        while (!answer.MoreExpected);
        Assert.Equal(675 * MiB, ceiling);
        Assert.True(account.IsTight);

        // The idle node is told to give back; that counts only when it has said that it did.
        Assert.Equal(0ul, account.Report(B, 0, idle, urgent: false, nodes: 2).Ceiling);
        Assert.Equal(675 * MiB, account.Report(A, ceiling, ceiling, urgent: true, nodes: 2).Ceiling);
        Assert.Equal(0ul, account.Report(B, 0, 0, urgent: false, nodes: 2).Ceiling);
        Assert.True(account.Report(A, ceiling, ceiling, urgent: true, nodes: 2).Ceiling > 675 * MiB);
        Assert.False(account.IsTight);
    }

    [Fact]
    public void Nothing_is_granted_until_every_node_that_may_hold_something_was_heard()
    {
        var account = new QuotaAccount(GiB, QuotaAccount.SmallRemainderBytes, [A, B]);
        var answer = account.Report(A, 100 * MiB, 200 * MiB, urgent: true, nodes: 2);
        Assert.Equal(new QuotaAnswer(200 * MiB, true), answer);
        account.Report(B, 0, 824 * MiB, urgent: false, nodes: 2);
        Assert.Equal(200 * MiB, account.Report(A, 200 * MiB, 200 * MiB, urgent: true, nodes: 2).Ceiling);
    }

    [Fact]
    public void A_dead_node_gives_back_what_it_had_not_used()
    {
        var account = new QuotaAccount(GiB, QuotaAccount.SmallRemainderBytes, [B]);
        account.Restore(B, 100 * MiB);
        account.Report(A, 0, 0, urgent: true, nodes: 2);
        account.Reclaim(B);
        Assert.Equal(100 * MiB, account.Used);
        Assert.True(account.Report(A, 0, 0, urgent: true, nodes: 1).Ceiling > 400 * MiB);
    }

    [Fact]
    public void A_quota_that_is_set_later_waits_for_the_unlimited_ceilings_to_come_back()
    {
        var account = new QuotaAccount(0, QuotaAccount.SmallRemainderBytes, []);
        account.Report(A, 10 * MiB, 0, urgent: false, nodes: 2);
        account.Report(B, 10 * MiB, 0, urgent: false, nodes: 2);
        account.Resize(GiB, [A, B]);
        account.Report(A, 10 * MiB, ControlLimits.UnlimitedCeiling, urgent: false, nodes: 2);
        var reserved = account.Reserved;
        Assert.True(reserved >= GiB);
        account.Report(B, 500 * MiB, ControlLimits.UnlimitedCeiling, urgent: false, nodes: 2);
        Assert.Equal(10 * MiB, account.Report(A, 10 * MiB, 10 * MiB, urgent: true, nodes: 2).Ceiling);
        account.Report(B, 500 * MiB, 500 * MiB, urgent: false, nodes: 2);
        Assert.True(account.Report(A, 10 * MiB, 10 * MiB, urgent: true, nodes: 2).Ceiling > 10 * MiB);
    }

    [Fact]
    public void Absurd_reports_do_not_overflow()
    {
        var account = new QuotaAccount(Limits.MaxQuota, QuotaAccount.SmallRemainderBytes, []);
        for (var node = 1u; node <= 100; node++)
            account.Report(new NodeId(node), ulong.MaxValue, ulong.MaxValue, urgent: true, nodes: 100);
        Assert.Equal(ulong.MaxValue, account.Used);
        Assert.Equal(7ul, account.Report(new NodeId(101), 7, 7, urgent: true, nodes: 100).Ceiling);
    }

    [Fact]
    public void A_shard_that_moves_takes_its_usage_along_and_nobody_is_told_that_the_volume_is_full()
    {
        const ulong Quota = 100 * MiB;
        var account = new QuotaAccount(Quota, QuotaAccount.SmallRemainderBytes, []);
        account.Report(A, 60 * MiB, 60 * MiB, urgent: false, nodes: 2);
        account.Report(B, 30 * MiB, 40 * MiB, urgent: false, nodes: 2);

        // 50 MiB went from A to B: B tells them first, and A until the manager knows.
        Assert.True(account.Report(B, 80 * MiB, 90 * MiB, urgent: false, nodes: 2).Ceiling <= 90 * MiB);
        account.Report(A, 60 * MiB, 60 * MiB, urgent: false, nodes: 2, leaving: 50 * MiB);
        var answer = account.Report(B, 90 * MiB, 90 * MiB, urgent: true, nodes: 2);
        Assert.Equal(new QuotaAnswer(90 * MiB, true), answer);
        Assert.True(account.IsTight);

        // A has dropped them: what nobody uses is there for whoever asks.
        account.Report(A, 10 * MiB, 10 * MiB, urgent: false, nodes: 2);
        Assert.Equal(100 * MiB, account.Used);
        Assert.Equal(new QuotaAnswer(90 * MiB, false), account.Report(B, 90 * MiB, 90 * MiB, urgent: true, nodes: 2));
    }
}
