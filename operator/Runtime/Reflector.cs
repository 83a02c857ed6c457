using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace SealFs.Operator.Runtime;

/// <summary>
/// Keeps a cache equal to what the API server has: lists, then watches from there with bookmarks, and begins anew wherever a watch ends. 410 means list again.
/// A watch that has gone silent is cut; what it missed comes with the next one, which goes on from the last version that was seen.
/// </summary>
public sealed partial class Reflector<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly ApiConnection _api;
    private readonly string _space;
    private readonly string _selector;
    private readonly TimeProvider _clock;
    private readonly Random _random;
    private readonly BackOff _backOff;
    private readonly ILogger _logger;
    private readonly string _plural = ResourceKind.Of<T>().Plural;
    private string? _version;

    /// <param name="api">Where to list and watch.</param>
    /// <param name="space">Namespace; empty for all.</param>
    /// <param name="selector">Label selector; empty for everything.</param>
    /// <param name="clock">Measures silence and back-off.</param>
    /// <param name="random">Spreads back-off and the length of watches.</param>
    /// <param name="logger">Is told what goes wrong.</param>
    public Reflector(ApiConnection api, string space, string selector, TimeProvider clock, Random random, ILogger logger)
    {
        _api = api;
        _space = space;
        _selector = selector;
        _clock = clock;
        _random = random;
        _backOff = new BackOff(RuntimeLimits.ReflectorDelayAtLeast, RuntimeLimits.ReflectorDelayAtMost, random);
        _logger = logger;
    }

    public ObjectCache<T> Cache { get; } = new();

    /// <summary>The version up to which the cache is complete; null before the first list and after 410.</summary>
    public string? Version => Volatile.Read(ref _version);

    /// <summary>An API server that does not have this kind of object at all is taken for one that has none of it, and asked again from time to time.</summary>
    public bool MayBeAbsent { get; init; }

    /// <summary>The API server does not have this kind of object.</summary>
    public bool IsAbsent { get; private set; }

    /// <summary>How long a watch may bring nothing.</summary>
    public TimeSpan Silence { get; init; } = RuntimeLimits.WatchSilence;

    /// <summary>Goes on until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var failures = 0;
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                _version ??= await ListAsync(cancellation);
                IsAbsent = false;
                await WatchAsync(_version, cancellation);
                failures = 0;
                continue;
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (TimeoutException)
            {
                LogSilent(_plural, Silence);
                continue;
            }
            catch (ApiException exception)
            {
                if (exception.IsGone)
                    _version = null;
                failures++;
                if (exception.IsNotFound && MayBeAbsent)
                    NoteAbsent();
                else
                    LogFailed(_plural, exception.Message);
            }
            await Delay(_backOff.After(failures), cancellation);
        }
    }

    private void NoteAbsent()
    {
        if (!IsAbsent)
            LogAbsent(_plural);
        IsAbsent = true;
        _version = null;
        Cache.ReplaceAll([]);
    }

    private async Task<string> ListAsync(CancellationToken cancellation)
    {
        var list = await _api.ListAsync<T>(_space, _selector, cancellation);
        Cache.ReplaceAll(list.Items);
        return list.Metadata.ResourceVersion;
    }

    private async Task WatchAsync(string version, CancellationToken cancellation)
    {
        int seconds;
        lock (_random)
            seconds = _random.Next(RuntimeLimits.WatchSecondsAtLeast, RuntimeLimits.WatchSecondsAtMost);
        await foreach (var line in _api.WatchAsync<T>(_space, _selector, version, seconds, Silence, cancellation))
        {
            switch (line.Type)
            {
                case "ERROR":
                    throw line.Failure();
                case "DELETED":
                    Cache.Remove(line.Value<T>());
                    break;
                case "ADDED" or "MODIFIED":
                    Cache.Put(line.Value<T>());
                    break;
            }
            if (line.Version.Length > 0)
                _version = line.Version;
        }
    }

    private async Task Delay(TimeSpan delay, CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(delay, _clock, cancellation);
        }
        catch (OperationCanceledException)
        {
        }
    }

    [LoggerMessage(9101, LogLevel.Warning, "Following {Resource}: {Problem}")]
    private partial void LogFailed(string resource, string problem);

    [LoggerMessage(9102, LogLevel.Information, "The watch of {Resource} was silent for {Silence}: it is begun anew.")]
    private partial void LogSilent(string resource, TimeSpan silence);

    [LoggerMessage(9103, LogLevel.Warning, "The API server has no {Resource}: going on without.")]
    private partial void LogAbsent(string resource);
}
