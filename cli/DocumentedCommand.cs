using System.CommandLine;
using SealFs.Cli.Settings;

namespace SealFs.Cli;

/// <summary>A command whose help ends with examples and, where it has settings, says where else they can be set.</summary>
internal sealed class DocumentedCommand : Command
{
    private readonly List<Setting> _settings = [];
    private Func<Invocation, Task<int>>? _run;

    public DocumentedCommand(string name, string description, params string[] examples) : base(name, description) => Examples = examples;

    /// <summary>Whole command lines, each with a comment behind it where it needs one.</summary>
    public IReadOnlyList<string> Examples { get; private set; }

    public IReadOnlyList<Setting> Settings => _settings;

    public DocumentedCommand With(params Setting[] settings)
    {
        foreach (var setting in settings)
        {
            _settings.Add(setting);
            Add(setting.Option);
        }
        return this;
    }

    /// <param name="run">Returns the exit code. A <see cref="CommandFailure"/> becomes one line on stderr.</param>
    public DocumentedCommand Does(Func<Invocation, Task<int>> run)
    {
        _run = run;
        SetAction((result, _) => Invocation.RunAsync(result, this, _run));
        return this;
    }

    /// <summary>The same command, run within something that is there only meanwhile.</summary>
    public DocumentedCommand Around(Func<Invocation, Func<Invocation, Task<int>>, Task<int>> surroundings)
    {
        var run = _run ?? throw new InvalidOperationException($"'{Name}' is a group.");
        return Does(invocation => surroundings(invocation, run));
    }

    /// <summary>The examples in other words; without those for which there are none.</summary>
    public DocumentedCommand Rephrase(Func<string, string?> rephrase)
    {
        Examples = [.. Examples.Select(rephrase).OfType<string>()];
        return this;
    }
}
