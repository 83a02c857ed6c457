namespace SealFs.Simulator.Checking;

/// <summary>Something that one cell of a file was to become, and what was promised of it. Times are ticks of <see cref="FilePromises"/>.</summary>
internal sealed class Change
{
    public const long Never = long.MaxValue;

    /// <summary>What the cell has in each of its words; 0 when the file ends before it.</summary>
    public required ulong Value { get; init; }

    /// <summary>The mount that asked for it.</summary>
    public required string Client { get; init; }

    public long Begin { get; init; }

    /// <summary>When the application was told that it is done.</summary>
    public long Acked { get; set; } = Never;

    /// <summary>From when on storage nodes have it.</summary>
    public long Landed { get; set; } = Never;

    /// <summary>From when on it is on stable storage.</summary>
    public long Durable { get; set; } = Never;

    /// <summary>An application was told of a failure that may have been this one's.</summary>
    public bool HasFailed { get; set; }
}
