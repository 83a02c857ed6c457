using SealFs.Client.Routing;

namespace SealFs.Client.Fsck;

/// <summary>How a volume is checked.</summary>
public sealed record VolumeCheckOptions
{
    /// <summary>Read every block and compare it with its checksum.</summary>
    public bool Verify { get; init; }

    /// <summary>Shards asked at the same time.</summary>
    public int Parallel { get; init; } = 4;

    /// <summary>Pause before what looks suspicious is looked at again: what is under way is over then.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Looks at most; the last two have to agree on a finding.</summary>
    public int MaxPasses { get; init; } = 4;

    /// <summary>One question to a node.</summary>
    public TimeSpan CallTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What the check runs on.</summary>
    public ClientExecution Execution { get; init; } = new();

    /// <summary>Told how many of how many shards were read, of which pass (from 1).</summary>
    public Action<int, int, int>? Progress { get; init; }
}
