using SealFs.Core;

namespace SealFs.Simulator.Workload;

/// <summary>One entry of the history: what was asked, when, and what came of it.</summary>
internal sealed class Operation
{
    /// <summary>End of what was never answered.</summary>
    public const long Never = long.MaxValue;

    public required int Index { get; init; }

    public required string Client { get; init; }

    public required OperationKind Kind { get; init; }

    /// <summary>The directory, or the file of <see cref="OperationKind.Read"/> and <see cref="OperationKind.Write"/>.</summary>
    public ulong Inode { get; init; }

    public string Name { get; init; } = "";

    /// <summary>Where a rename goes to.</summary>
    public ulong TargetDirectory { get; init; }

    public string TargetName { get; init; } = "";

    /// <summary>What a link is to.</summary>
    public ulong LinkedInode { get; init; }

    /// <summary>Which block of the file.</summary>
    public int Block { get; init; }

    /// <summary>What was written or read.</summary>
    public ulong Value { get; set; }

    /// <summary>When it was asked, in events.</summary>
    public required long Begin { get; init; }

    public long End { get; set; } = Never;

    /// <summary>Null while, or because, nobody knows.</summary>
    public Errno? Status { get; set; }

    /// <summary>The inode that the answer named.</summary>
    public ulong Found { get; set; }

    public bool FoundDirectory { get; set; }

    /// <summary>
    /// A write that was asked for more than once, since its answer did not come: servers do not remember the answers to writes, which are the same twice, so it may have its
    /// effect again until it is answered.
    /// </summary>
    public bool WasRepeated { get; set; }

    /// <summary>It may have had an effect between its begin and its end, and may have had none.</summary>
    public bool IsOptional { get; init; }

    /// <summary>The further effect that a repeated write may have had.</summary>
    public Operation Again() =>
        new() { Index = Index, Client = Client, Kind = Kind, Inode = Inode, Block = Block, Value = Value, Begin = Begin, End = End, Status = Errno.None, IsOptional = true };

    public override string ToString()
    {
        var what = Kind switch
        {
            OperationKind.Rename => $"{Inode:x}/{Name} to {TargetDirectory:x}/{TargetName}",
            OperationKind.Link => $"{LinkedInode:x} at {Inode:x}/{Name}",
            OperationKind.Read or OperationKind.Write or OperationKind.Truncate => $"{Inode:x} block {Block} value {Value:x}",
            _ => $"{Inode:x}/{Name}",
        };
        return $"#{Index} [{Begin}, {(End == Never ? "never" : End)}] {Client} {Kind} {what}: {Status?.ToString() ?? "unknown"}{(Found != 0 ? $" {Found:x}" : "")}";
    }
}
