using SealFs.Core.Control.V1;

namespace SealFs.Manager.Moves;

/// <summary>A move: what is stored of it, and what only heartbeats say.</summary>
internal sealed class MoveEntry(MoveRecord record)
{
    public MoveRecord Record { get; set; } = record;

    /// <summary>What the target reported last.</summary>
    public CopyReport? Copy { get; set; }

    /// <summary>The target knows the map in which it serves, and has the shard open.</summary>
    public bool TargetServes { get; set; }

    /// <summary>The source has been told to drop its copy since it registered last.</summary>
    public bool SourceTold { get; set; }
}
