namespace SealFs.Cli.Mounts;

/// <summary>A mount and the process that serves it.</summary>
/// <param name="Directory">Absolute.</param>
/// <param name="Volume">Name of the volume.</param>
/// <param name="ProcessId">The keeper, or the whole cluster of <c>up</c>.</param>
/// <param name="StartTicks">When that process started; tells it from a later one with the same id.</param>
/// <param name="StartedBy">The command: "mount" or "up".</param>
internal sealed record RegisteredMount(string Directory, string Volume, int ProcessId, long StartTicks, string StartedBy)
{
    public bool IsAlive => ProcessIdentity.StartTicks(ProcessId) == StartTicks;
}
