using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using SealFs.Cli;
using SealFs.Cli.Kubernetes;
using SealFs.Cli.Output;
using SealFs.Client.Mounting;

return MountWorker.IsWorkerCommandLine(args) ? await RunWorker(args) : await RunCommand(args);

// A worker is started again and again under a live mount, while applications wait: it must come up without the command tree,
// gRPC and everything else that only commands need. Separate methods, so that the compiler of one does not load the other's assemblies.
[MethodImpl(MethodImplOptions.NoInlining)]
static Task<int> RunWorker(string[] args) => MountWorker.RunAsync(
    args, level => LogOutput.Create(Enum.Parse<LogLevel>(level, ignoreCase: true), Environment.GetEnvironmentVariable("SEALFS_LOG_JSON") == "true"));

[MethodImpl(MethodImplOptions.NoInlining)]
static Task<int> RunCommand(string[] args)
{
    Invocation.DetachIfBackground();
    return CommandTree.RunAsync(KubectlCommand.Translate(args));
}
