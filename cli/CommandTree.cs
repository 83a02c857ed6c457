using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using SealFs.Cli.Benchmarks;
using SealFs.Cli.Certificates;
using SealFs.Cli.Checks;
using SealFs.Cli.Cluster;
using SealFs.Cli.Kubernetes;
using SealFs.Cli.Mounts;
using SealFs.Cli.Servers;
using SealFs.Cli.Settings;
using SealFs.Cli.Up;
using SealFs.Cli.Volumes;

namespace SealFs.Cli;

/// <summary>All commands. Each is in a file of its own, in the folder of its subject.</summary>
internal static class CommandTree
{
    public static async Task<int> RunAsync(string[] args)
    {
        var root = Build();
        var result = root.Parse(args);
        var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        if (result.Action is not ParseErrorAction)
            return await result.InvokeAsync(configuration);
        var command = result.CommandResult.Command;
        if (command.Subcommands.Count > 0 && result.UnmatchedTokens.Count == 0)
        {
            // A group without its subcommand: the help is the best answer, but a script has made a mistake.
            await root.Parse([.. args, "--help"]).InvokeAsync(configuration);
            return ExitCode.Usage;
        }
        var problem = result.UnmatchedTokens is [var token, ..] ? $"'{token}' is not understood here." : result.Errors[0].Message;
        Console.Error.WriteLine($"sealfs: {problem}");
        Console.Error.WriteLine($"See 'sealfs {PathOf(result.CommandResult, command)} --help'.".Replace("  ", " ", StringComparison.Ordinal));
        return ExitCode.Usage;
    }

    /// <summary>"volume create" for that command.</summary>
    public static string PathOf(CommandResult result, Command command)
    {
        var path = command.Name;
        for (var parent = result.Parent as CommandResult; parent?.Parent is not null; parent = parent.Parent as CommandResult)
            path = $"{parent.Command.Name} {path}";
        return command is RootCommand ? "" : path;
    }

    /// <summary>The names of all settings of all commands, as the configuration file has them.</summary>
    public static IReadOnlySet<string> SettingKeys(Command root)
    {
        var keys = GlobalSettings.Global.Select(setting => setting.Key).ToHashSet();
        Collect(root, keys);
        return keys;
    }

    private static void Collect(Command command, HashSet<string> keys)
    {
        if (command is DocumentedCommand documented)
            keys.UnionWith(documented.Settings.Select(setting => setting.Key));
        foreach (var child in command.Subcommands)
            Collect(child, keys);
    }

    private static RootCommand Build()
    {
        var root = new RootCommand(
            "SealFS, a POSIX file system spread over storage nodes by hashing. Start with 'sealfs up DIR': a cluster and a mount in one command.")
        {
            UpCommand.Build(),
            DownCommand.Build(),
            MountCommand.Build(),
            UmountCommand.Build(),
            SyncCommand.Build(),
            ManagerCommand.Build(),
            NodeCommand.Build(),
            OperatorCommand.Build(),
            VolumeCommand.Build(),
            ClusterCommand.Build(),
            FsckCommand.Build(),
            BenchCommand.Build(),
            CertificatesCommand.Build(),
            CsiCommand.Build(),
            MountdCommand.Build(),
            KubectlCommand.Build(),
        };
        foreach (var setting in GlobalSettings.Global)
        {
            setting.Option.Recursive = true;
            root.Add(setting.Option);
        }
        if (root.Options.OfType<HelpOption>().FirstOrDefault() is { Action: HelpAction help } option)
            option.Action = new CommandHelp(help);
        return root;
    }
}
