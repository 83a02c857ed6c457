namespace SealFs.Cli;

/// <summary>Ends a command with one line on stderr and an exit code. The message is for people: what failed, and what to do about it.</summary>
internal sealed class CommandFailure : Exception
{
    public CommandFailure(int exitCode, string message, Exception? inner = null) : base(message, inner) => ExitCode = exitCode;

    public int ExitCode { get; }
}
