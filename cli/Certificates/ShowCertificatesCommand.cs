using System.CommandLine;
using SealFs.Cli.Output;
using SealFs.Cli.Settings;

namespace SealFs.Cli.Certificates;

/// <summary><c>sealfs certificates show</c>.</summary>
internal static class ShowCertificatesCommand
{
    private static readonly Setting<string?> Directory = CertificateSettings.Directory("A directory for --tls-dir, or one of an authority.");

    private static readonly Setting<TimeSpan> Within = Setting<TimeSpan>.Value(
        "--within", "TIME", "What expires within this time counts as expired: for a script that renews in time (720h).", SettingParsers.Duration, TimeSpan.Zero, "0s");

    public static Command Build() => new DocumentedCommand(
            "show",
            "Show whose the certificates in a directory are, in which role, and until when they are good. Exit code 0: they can be used; 1: one has expired, or they do not fit each other.",
            "sealfs certificates show --dir /etc/sealfs/tls",
            "sealfs certificates show --dir /etc/sealfs/tls --within 720h || renew")
        .With(Directory, Within)
        .Does(RunAsync);

    private static Task<int> RunAsync(Invocation invocation)
    {
        var view = CertificatesView.Read(Path.GetFullPath(invocation.Require(Directory)), DateTimeOffset.UtcNow + invocation.Get(Within));
        invocation.Print(view, OutputJson.Default.CertificatesView, one => one.Describe());
        return Task.FromResult(view.Problem is null ? ExitCode.Ok : ExitCode.Findings);
    }
}
