using System.CommandLine;

namespace SealFs.Cli.Settings;

/// <summary>
/// One thing that can be set by a flag (<c>--data-dir</c>), by the environment (<c>SEALFS_DATA_DIR</c>) or in the configuration file
/// (<c>data-dir</c>), in this order. All three are the same text and pass the same parser.
/// </summary>
internal abstract class Setting
{
    protected Setting(Option option)
    {
        Option = option;
        Key = option.Name.TrimStart('-');
        EnvironmentName = "SEALFS_" + Key.Replace('-', '_').ToUpperInvariant();
    }

    public Option Option { get; }

    /// <summary>The name in the configuration file.</summary>
    public string Key { get; }

    public string EnvironmentName { get; }

    /// <summary>What the command line said, or null. A switch without a value says "true"; a repeated option is joined with commas.</summary>
    public string? OnCommandLine(ParseResult result)
    {
        if (result.GetResult(Option) is not { Implicit: false } found)
            return null;
        return found.Tokens.Count == 0 ? "true" : string.Join(',', found.Tokens.Select(token => token.Value));
    }
}
