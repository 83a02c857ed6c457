using System.CommandLine;

namespace SealFs.Cli.Settings;

/// <summary>A setting with its type and its default.</summary>
internal sealed class Setting<T> : Setting
{
    private readonly Func<string, T> _parse;

    private Setting(Option option, Func<string, T> parse, T fallback) : base(option)
    {
        _parse = parse;
        Fallback = fallback;
    }

    public T Fallback { get; }

    /// <param name="name">With the dashes.</param>
    /// <param name="valueName">How help names the value: "SIZE".</param>
    /// <param name="description">The manual of this option; the default is added behind it.</param>
    /// <param name="parse">Throws <see cref="FormatException"/> with a message that ends the sentence "--size: …".</param>
    /// <param name="fallback">The value when nobody sets one.</param>
    /// <param name="fallbackText">How help shows the default; null when there is none to show.</param>
    /// <param name="aliases">Short forms.</param>
    public static Setting<T> Value(
        string name, string valueName, string description, Func<string, T> parse, T fallback, string? fallbackText, params string[] aliases)
    {
        var text = fallbackText is null ? description : $"{description} [default: {fallbackText}]";
        var option = new Option<string[]>(name, aliases)
        {
            Description = text,
            HelpName = valueName,
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
        };
        return new Setting<T>(option, parse, fallback);
    }

    /// <summary>A switch: present or absent on the command line, "true" or "false" elsewhere.</summary>
    public static Setting<bool> Switch(string name, string description, params string[] aliases)
    {
        var option = new Option<bool>(name, aliases) { Description = description };
        return new Setting<bool>(option, SettingParsers.Boolean, false);
    }

    /// <summary>Finds the value in its sources.</summary>
    /// <exception cref="CommandFailure">A source has a text that is not a value.</exception>
    public T Resolve(ParseResult result, SettingsFile file, string commandPath)
    {
        if (OnCommandLine(result) is { } flag)
            return Parse(flag, Option.Name);
        if (Environment.GetEnvironmentVariable(EnvironmentName) is { Length: > 0 } variable)
            return Parse(variable, EnvironmentName);
        if (file.Find(commandPath, Key) is { } configured)
            return Parse(configured, $"{file.Path}, {Key}");
        return Fallback;
    }

    private T Parse(string text, string source)
    {
        try
        {
            return _parse(text);
        }
        catch (FormatException problem)
        {
            throw new CommandFailure(ExitCode.Usage, $"{source}: {problem.Message}", problem);
        }
    }
}
