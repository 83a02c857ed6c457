using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace SealFs.Cli.Settings;

/// <summary>
/// The YAML configuration file: option names without dashes, at the top for every command or below <c>commands</c> for one of them.
/// <code>
/// manager: 10.0.0.5:7400
/// commands:
///   node:
///     data-dir: /srv/sealfs/data
///   volume create:
///     size: 10GiB
/// </code>
/// </summary>
internal sealed class SettingsFile
{
    public const string DefaultPath = "/etc/sealfs/config.yaml";

    private readonly Dictionary<string, string> _everywhere = [];
    private readonly Dictionary<string, Dictionary<string, string>> _byCommand = [];

    private SettingsFile(string path) => Path = path;

    public string Path { get; }

    /// <summary>The file that was asked for, or the default one where it exists, or an empty one.</summary>
    /// <param name="askedFor">From <c>--config</c> or SEALFS_CONFIG; null when nobody asked.</param>
    /// <param name="known">The names of all options: another name in the file is an error, since it is a typing mistake.</param>
    /// <exception cref="CommandFailure">The file cannot be read or is not of this form.</exception>
    public static SettingsFile Load(string? askedFor, IReadOnlySet<string> known)
    {
        var path = askedFor ?? DefaultPath;
        var file = new SettingsFile(path);
        if (askedFor is null && !File.Exists(path))
            return file;
        try
        {
            file.Read(known);
            return file;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or YamlException or FormatException)
        {
            throw new CommandFailure(ExitCode.Usage, $"Configuration file {path}: {problem.Message}", problem);
        }
    }

    /// <param name="commandPath">"volume create".</param>
    /// <param name="key">An option's name without dashes.</param>
    public string? Find(string commandPath, string key)
    {
        if (_byCommand.TryGetValue(commandPath, out var section) && section.TryGetValue(key, out var value))
            return value;
        return _everywhere.GetValueOrDefault(key);
    }

    private void Read(IReadOnlySet<string> known)
    {
        var yaml = new YamlStream();
        using (var reader = File.OpenText(Path))
            yaml.Load(reader);
        if (yaml.Documents.Count == 0)
            return;
        foreach (var (key, value) in Mapping(yaml.Documents[0].RootNode, "the file"))
        {
            if (key != "commands")
            {
                Put(_everywhere, key, value, known);
                continue;
            }
            foreach (var (command, section) in Mapping(value, key))
            {
                var values = _byCommand[command] = [];
                foreach (var (name, setting) in Mapping(section, command))
                    Put(values, name, setting, known);
            }
        }
    }

    private static void Put(Dictionary<string, string> target, string key, YamlNode value, IReadOnlySet<string> known)
    {
        if (!known.Contains(key))
            throw new FormatException($"there is no option '{key}'");
        target[key] = value switch
        {
            YamlScalarNode { Value: { } text } => text,
            YamlSequenceNode list => string.Join(',', list.Children.Select(item => (item as YamlScalarNode)?.Value ?? throw NotAValue(key))),
            _ => throw NotAValue(key),
        };
    }

    private static FormatException NotAValue(string key) => new($"'{key}' must have one value or a list of values");

    private static IEnumerable<(string Key, YamlNode Value)> Mapping(YamlNode node, string what)
    {
        if (node is not YamlMappingNode mapping)
            throw new FormatException($"{what} must be a mapping of names to values");
        foreach (var (key, value) in mapping.Children)
            yield return ((key as YamlScalarNode)?.Value ?? throw new FormatException($"a name in {what} is not text"), value);
    }
}
