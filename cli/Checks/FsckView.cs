using SealFs.Client.Fsck;

namespace SealFs.Cli.Checks;

/// <summary>The report of <c>fsck</c> as JSON.</summary>
internal sealed record FsckView(
    string Volume, bool Sound, FindingView[] Findings, int Unsettled, int Passes, long Directories, long Files, long Entries, long Orphans, long Chunks,
    long UsedBytes, bool Verified, double Seconds)
{
    public static FsckView Of(VolumeCheckReport report) => new(
        report.Volume, report.IsSound, [.. report.Findings.Select(FindingView.Of)], report.Unsettled, report.Passes, report.Directories, report.Files, report.Entries,
        report.Orphans, report.Chunks, report.UsedBytes, report.Verified, report.Duration.TotalSeconds);
}
