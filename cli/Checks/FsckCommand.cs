using System.CommandLine;
using SealFs.Cli.Cluster;
using SealFs.Cli.Output;
using SealFs.Cli.Settings;
using SealFs.Cli.Volumes;
using SealFs.Client.Fsck;
using SealFs.Client.Routing;

namespace SealFs.Cli.Checks;

/// <summary><c>sealfs fsck VOLUME</c>: checks every shard of a volume against the others, while it is in use.</summary>
internal static class FsckCommand
{
    private static readonly Setting<bool> Verify = Setting<bool>.Switch("--verify", "Also read every block of every file and compare it with its checksum.");

    private static readonly Setting<int> Parallel = Setting<int>.Value(
        "--parallel", "N", "Shards asked at the same time.", SettingParsers.Integer(1, 256), new VolumeCheckOptions().Parallel, $"{new VolumeCheckOptions().Parallel}");

    private static readonly Setting<int> Passes = Setting<int>.Value(
        "--passes", "N", "How often to look at most: what looks wrong while it is being changed is looked at again.", SettingParsers.Integer(1, 100),
        new VolumeCheckOptions().MaxPasses, $"{new VolumeCheckOptions().MaxPasses}");

    public static Command Build()
    {
        var name = VolumeSettings.NameArgument();
        var command = new DocumentedCommand(
            "fsck",
            "Check a volume, also while it is in use: every name against its inode, link counts, directories, chunks, quota counters. Nothing is changed. "
            + "Exit code 0: nothing is lost or wrong; 1: something is; 2: it could not be checked.",
            "sealfs fsck photos",
            "sealfs fsck photos --verify --output json")
        { name };
        return command.With([Verify, Parallel, Passes, .. ManagerConnection.Settings]).Does(invocation => RunAsync(invocation, invocation.Argument(name)));
    }

    private static async Task<int> RunAsync(Invocation invocation, string volume)
    {
        try
        {
            var report = await CheckAsync(invocation, volume);
            invocation.Print(FsckView.Of(report), OutputJson.Default.FsckView, _ => report.Describe());
            return report.Findings.Any(finding => finding.Kind is FindingKind.ShardNotChecked or FindingKind.ChunkNotChecked) ? ExitCode.Failed
                : report.IsSound ? ExitCode.Ok
                : ExitCode.Findings;
        }
        catch (Exception problem) when (problem is not (OperationCanceledException or CommandFailure))
        {
            throw new CommandFailure(ExitCode.Failed, $"{volume} could not be checked: {FailureTranslation.OneLine(problem)}", problem);
        }
    }

    private static async Task<VolumeCheckReport> CheckAsync(Invocation invocation, string volume)
    {
        using var manager = ManagerConnection.Open(invocation);
        using var progress = new FsckProgress();
        var options = new VolumeCheckOptions
        {
            Verify = invocation.Get(Verify),
            Parallel = invocation.Get(Parallel),
            MaxPasses = invocation.Get(Passes),
            Progress = progress.Report,
            Execution = new ClientExecution { Credentials = ManagerConnection.Credentials(invocation) },
        };
        return await VolumeCheck.RunAsync(manager, volume, options, invocation.Stop);
    }
}
