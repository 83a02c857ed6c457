namespace SealFs.Core.Placement;

/// <summary>What the manager believes of a node.</summary>
public enum NodeState
{
    /// <summary>It holds a lease.</summary>
    Live = 1,

    /// <summary>Its lease ran out. With one copy its shards stay its own, at the same epoch, since nobody else can have served them.</summary>
    Dead = 2,
}
