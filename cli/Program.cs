using System.Runtime.CompilerServices;
using SealFs.Cli;

return args is ["mount-worker", ..] ? RunWorker(args[1..]) : await RunCommand(args);

// A worker is started again and again under a live mount, while applications wait: it must come up without the command tree,
// gRPC and everything else that only commands need. Separate methods, so that the compiler of one does not load the other's assemblies.
[MethodImpl(MethodImplOptions.NoInlining)]
static int RunWorker(string[] args) => args.Length >= 0 ? ExitCode.Usage : ExitCode.Ok;

[MethodImpl(MethodImplOptions.NoInlining)]
static Task<int> RunCommand(string[] args)
{
    Invocation.DetachIfBackground();
    return CommandTree.RunAsync(args);
}
