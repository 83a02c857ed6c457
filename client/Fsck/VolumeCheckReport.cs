namespace SealFs.Client.Fsck;

/// <summary>What a check has found.</summary>
public sealed record VolumeCheckReport
{
    public required string Volume { get; init; }

    /// <summary>Findings that two looks in a row agreed on.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>Places that kept changing while they were looked at, so that nothing can be said of them.</summary>
    public required int Unsettled { get; init; }

    /// <summary>How often everything was read: once when nothing looked suspicious.</summary>
    public required int Passes { get; init; }

    public required long Directories { get; init; }

    /// <summary>Everything that is no directory.</summary>
    public required long Files { get; init; }

    public required long Entries { get; init; }

    /// <summary>Inodes without a name that a client has open.</summary>
    public required long Orphans { get; init; }

    public required long Chunks { get; init; }

    /// <summary>Space that the volume takes.</summary>
    public required long UsedBytes { get; init; }

    /// <summary>Every block was read and compared with its checksum.</summary>
    public required bool Verified { get; init; }

    public required TimeSpan Duration { get; init; }

    /// <summary>True when nothing is lost or wrong.</summary>
    public bool IsSound => !Findings.Any(static finding => finding.IsDamage);

    /// <summary>The report for people.</summary>
    public string Describe()
    {
        var lines = Findings.Select(static finding => $"{finding.Kind}: {(finding.Path.Length == 0 ? "" : finding.Path + ": ")}{finding.Text}").ToList();
        lines.Add($"{Volume}: {Directories} directories, {Files} files, {Entries} names, {Orphans} open without a name, {Chunks} chunks, {UsedBytes} bytes; "
            + (Verified ? "every block was read" : "contents were not read"));
        if (Unsettled > 0)
            lines.Add($"{Unsettled} places changed all the time and could not be judged");
        lines.Add(Findings.Count == 0 ? "Nothing is wrong." : IsSound ? "Some space is wasted, which the nodes will give back; nothing is lost or wrong." : $"{Findings.Count} things are wrong.");
        return string.Join('\n', lines);
    }
}
