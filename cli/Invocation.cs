using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;
using SealFs.Cli.Output;
using SealFs.Cli.Settings;
using SealFs.Client.Mounting;
using SealFs.Core.Security;

namespace SealFs.Cli;

/// <summary>One run of a command: its settings from all sources, where its results go, and the wish of the user to stop.</summary>
internal sealed class Invocation : IDisposable
{
    private static bool s_isBackground;

    private readonly ParseResult _result;
    private readonly SettingsFile _file;
    private readonly string _commandPath;
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _signals;
    private ILoggerFactory? _loggers;

    private Invocation(ParseResult result, Command command)
    {
        _result = result;
        _commandPath = CommandTree.PathOf(result.CommandResult, command);
        var askedFor = GlobalSettings.Config.OnCommandLine(result) ?? Environment.GetEnvironmentVariable(GlobalSettings.Config.EnvironmentName);
        _file = SettingsFile.Load(string.IsNullOrEmpty(askedFor) ? null : askedFor, CommandTree.SettingKeys(result.RootCommandResult.Command));
        _signals = [Watch(PosixSignal.SIGINT), Watch(PosixSignal.SIGTERM)];
    }

    /// <summary>Cancelled by SIGINT and SIGTERM.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>True in the detached process that <see cref="RunInBackgroundAsync"/> started.</summary>
    public bool IsBackground => s_isBackground;

    /// <summary>To be called before anything else touches the console: detaches this process if it is to run in the background.</summary>
    public static void DetachIfBackground() => s_isBackground = BackgroundLauncher.DetachIfLaunched();

    /// <summary>Runs the same command line again in the background, and returns when that process has called <see cref="ReportReady"/>.</summary>
    /// <exception cref="CommandFailure">As the other process ended.</exception>
    public async Task RunInBackgroundAsync(string logPath)
    {
        var reason = await BackgroundLauncher.LaunchAsync(Environment.GetCommandLineArgs().Skip(1), logPath, Stop);
        if (reason is null)
            return;
        var blank = reason.IndexOf(' ', StringComparison.Ordinal);
        throw blank > 0 && int.TryParse(reason.AsSpan(0, blank), CultureInfo.InvariantCulture, out var exitCode)
            ? new CommandFailure(exitCode, reason[(blank + 1)..])
            : new CommandFailure(Cli.ExitCode.Failed, $"{reason} (log: {logPath})");
    }

    /// <summary>What was asked for is there: a waiting foreground process ends with success.</summary>
    public void ReportReady() => BackgroundLauncher.ReportReady();

    /// <summary>Ends when SIGINT or SIGTERM comes.</summary>
    public Task UntilStopped()
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _stop.Token.Register(stopped.SetResult);
        return stopped.Task;
    }

    public ILoggerFactory Loggers => _loggers ??= LogOutput.Create(Get(GlobalSettings.LogLevel), Get(GlobalSettings.LogJson));

    /// <summary>Where the manager is, when something else than the settings found that out.</summary>
    public string? ManagerAddress { get; set; }

    /// <summary>With what TLS is spoken to the manager, when something else than the settings found that out.</summary>
    public ICredentialSource? ManagerCredentials { get; set; }

    public bool Json => Get(GlobalSettings.Output) == OutputFormat.Json;

    public T Get<T>(Setting<T> setting) => setting.Resolve(_result, _file, _commandPath);

    /// <summary>The value of a setting that has no default.</summary>
    /// <exception cref="CommandFailure">Nobody set it.</exception>
    public string Require(Setting<string?> setting) => Get(setting) ?? throw new CommandFailure(
        ExitCode.Usage, $"{setting.Option.Name} is missing (or {setting.EnvironmentName}, or {setting.Key} in the configuration file).");

    public string Argument(Argument<string> argument) => _result.GetRequiredValue(argument);

    /// <summary>An argument that is more than text.</summary>
    /// <exception cref="CommandFailure">It is no such value.</exception>
    public static T Parse<T>(string name, string text, Func<string, T> parse)
    {
        try
        {
            return parse(text);
        }
        catch (FormatException problem)
        {
            throw new CommandFailure(ExitCode.Usage, $"{name}: {problem.Message}", problem);
        }
    }

    /// <summary>The directory an argument names, absolute, with neither "." nor a slash at the end. It need not exist.</summary>
    public string Directory(Argument<string> argument) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(Argument(argument)));

    /// <summary>Prints a result in the form that was asked for.</summary>
    public void Print<T>(T value, JsonTypeInfo<T> json, Func<T, string> human)
    {
        var text = Json ? System.Text.Json.JsonSerializer.Serialize(value, json) : human(value);
        Console.Out.Write(text.EndsWith('\n') ? text : text + "\n");
    }

    /// <summary>Runs a command to its exit code; every failure becomes one line on stderr.</summary>
    public static async Task<int> RunAsync(ParseResult result, Command command, Func<Invocation, Task<int>> run)
    {
        try
        {
            using var invocation = new Invocation(result, command);
            return await FailureTranslation.RunAsync(invocation, run);
        }
        catch (CommandFailure failure)
        {
            Console.Error.WriteLine($"sealfs: {failure.Message}");
            BackgroundLauncher.ReportFailure($"{failure.ExitCode} {failure.Message}");
            return failure.ExitCode;
        }
    }

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
        _loggers?.Dispose();
        _stop.Dispose();
    }

    private PosixSignalRegistration Watch(PosixSignal signal) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        _stop.Cancel();
    });
}
