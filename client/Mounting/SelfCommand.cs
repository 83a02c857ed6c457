namespace SealFs.Client.Mounting;

/// <summary>How this program starts itself again: the executable, and the assembly when it runs under the shared `dotnet` host.</summary>
public sealed record SelfCommand(string FileName, IReadOnlyList<string> LeadingArguments)
{
    public static SelfCommand Current { get; } = Detect();

    private static SelfCommand Detect()
    {
        var executable = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this process is not known.");
        return Path.GetFileNameWithoutExtension(executable) == "dotnet"
            ? new(executable, ["exec", Environment.GetCommandLineArgs()[0]])
            : new(executable, []);
    }
}
