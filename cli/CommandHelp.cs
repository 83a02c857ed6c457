using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace SealFs.Cli;

/// <summary>Adds to the help of a command its examples and the other places where its options can be set.</summary>
internal sealed class CommandHelp(HelpAction inner) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        inner.Invoke(parseResult);
        if (parseResult.CommandResult.Command is not DocumentedCommand command)
            return ExitCode.Ok;
        var output = parseResult.InvocationConfiguration.Output;
        if (command.Examples.Count > 0)
        {
            output.WriteLine("Examples:");
            foreach (var example in command.Examples)
                output.WriteLine("  " + example);
            output.WriteLine();
        }
        if (command.Settings.Count > 0)
        {
            var example = command.Settings[0];
            output.WriteLine(
                $"Every option can also be set in the environment ({example.EnvironmentName}) or in the configuration file ({example.Key}: …); a flag wins.");
            output.WriteLine();
        }
        return ExitCode.Ok;
    }
}
