using System.Runtime.InteropServices;
using SealFs.Core;

namespace SealFs.StorageNode.Transactions;

/// <summary>
/// Named points at which a node can be made to die, so that tests see what a crash exactly there leaves behind. Set by the environment variable
/// SEALFS_FAILPOINT as <c>name:exit</c> or <c>name:exit:n</c> (at the n-th time it is reached); without it every point costs one test of a
/// constant. With <c>stop</c> instead of <c>exit</c> the process stands still there (SIGSTOP), so that something else can be made to die meanwhile.
/// </summary>
internal static partial class Failpoints
{
    /// <summary>A participant has logged its prepare record and not answered.</summary>
    public const string AfterPrepare = "tx.after-prepare";

    /// <summary>The coordinator has every participant prepared and has decided nothing.</summary>
    public const string BeforeDecision = "tx.before-decision";

    /// <summary>The coordinator has logged its decision and told nobody.</summary>
    public const string AfterDecision = "tx.after-decision";

    /// <summary>The coordinator has answered the client and is about to tell the participants of several commits together.</summary>
    public const string BeforeTelling = "tx.before-telling";

    /// <summary>A participant was told to commit and has not.</summary>
    public const string BeforeApply = "tx.before-apply";

    /// <summary>A participant has committed and not acknowledged it.</summary>
    public const string AfterApply = "tx.after-apply";

    /// <summary>A participant was asked for the step of a transaction that is decided, and has not done it.</summary>
    public const string BeforeFollow = "tx.before-follow";

    /// <summary>A participant has done the step of a transaction that was decided, and not acknowledged it.</summary>
    public const string AfterFollow = "tx.after-follow";

    /// <summary>All participants have acknowledged; the decision is still logged.</summary>
    public const string BeforeForget = "tx.before-forget";

    /// <summary>A participant was told to abort and has not.</summary>
    public const string BeforeUndo = "tx.before-undo";

    /// <summary>A split has copied a batch of entries.</summary>
    public const string SplitBatch = "split.after-batch";

    public const string Variable = "SEALFS_FAILPOINT";


    private const int SIGSTOP = 19;

    private static readonly string? s_name;
    private static readonly bool s_stops;
    private static readonly bool s_isSet = TryParse(Environment.GetEnvironmentVariable(Variable), out s_name, out s_stops, out s_hitsLeft);
    private static int s_hitsLeft;

    /// <summary>Kills or stops the process without any clean-up when this point is the one named.</summary>
    public static void Hit(string name)
    {
        if (!s_isSet || name != s_name || Interlocked.Decrement(ref s_hitsLeft) != 0)
            return;
        if (s_stops)
            _ = Signal(Environment.ProcessId, SIGSTOP);
        else
            Kill();
    }

    private static void Kill()
    {
        // Like kill -9: no finalizers, no flushing, nothing.
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        self.Kill();
        Thread.Sleep(Timeout.Infinite);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);

    private static bool TryParse(string? setting, out string? name, out bool stops, out int hits)
    {
        name = null;
        hits = 1;
        var parts = setting?.Split(':') ?? [];
        stops = parts.Length > 1 && parts[1] == "stop";
        if (parts.Length is < 2 or > 3 || parts[1] is not ("exit" or "stop") || (parts.Length == 3 && (!int.TryParse(parts[2], out hits) || hits < 1)))
            return false;
        name = parts[0];
        return true;
    }
}
