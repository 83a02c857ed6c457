namespace SealFs.Cli.Tests;

internal sealed record ProcessOutcome(int ExitCode, string Output, string Error);
