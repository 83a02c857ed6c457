namespace SealFs.Client.Mounting;

/// <summary>Every limit of the keeper, each with its reason.</summary>
internal static class MountingLimits
{
    /// <summary>A worker that fails at its start is tried again soon: applications are waiting.</summary>
    public static readonly TimeSpan FirstRestartDelay = TimeSpan.FromMilliseconds(20);

    /// <summary>But not so often that the attempts take the machine.</summary>
    public static readonly TimeSpan LongestRestartDelay = TimeSpan.FromSeconds(1);

    /// <summary>
    /// For how long a stopping mount writes back. As long as an operation waits for a node by default, and then some: beyond it the data could not be written
    /// anyway, and whoever stops the mount (a shutdown, an orchestrator) is not held up for ever.
    /// </summary>
    public static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(90);
}
