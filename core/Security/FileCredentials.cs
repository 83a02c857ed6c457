using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace SealFs.Core.Security;

/// <summary>
/// Credentials in files that are replaced while the process runs (the kubelet does so, by switching a symbolic link). They are looked at again when somebody asks, at most
/// once a second, by their contents: neither times nor notifications tell everything about what is behind symbolic links. What cannot be used, such as a set that is half
/// written, changes nothing but is logged, once. Safe for concurrent use.
/// </summary>
public sealed partial class FileCredentials : ICredentialSource
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private readonly IReadOnlyList<CredentialFiles> _places;
    private readonly bool _mayBeMissing;
    private readonly IReadOnlyList<CertificateRole> _roles;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private CredentialFileSet? _seen;
    private Credentials? _current;
    private CredentialException? _problem;
    private long _lookedAt;
    private bool _expiryIsLogged;

    private FileCredentials(
        IReadOnlyList<CredentialFiles> places, bool mayBeMissing, IReadOnlyList<CertificateRole> roles, TimeProvider? clock, ILogger<FileCredentials>? logger)
    {
        _places = places;
        _mayBeMissing = mayBeMissing;
        _roles = roles;
        _clock = clock ?? TimeProvider.System;
        _logger = logger ?? NullLogger<FileCredentials>.Instance;
        Look();
    }

    public Credentials? Current
    {
        get
        {
            lock (_gate)
            {
                if (_clock.GetElapsedTime(_lookedAt) >= s_interval)
                    Look();
                return _current is null && _problem is { } problem ? throw problem : _current;
            }
        }
    }

    /// <summary>Credentials that must be there.</summary>
    /// <param name="files">Where.</param>
    /// <param name="roles">The roles of which their holder may be.</param>
    /// <param name="clock">When they are looked at again, and whether they have expired.</param>
    /// <param name="logger">Where it is logged that they were replaced, and that they cannot be.</param>
    /// <exception cref="CredentialException">They are missing, cannot be used, or are of another role.</exception>
    public static FileCredentials Open(CredentialFiles files, IReadOnlyList<CertificateRole> roles, TimeProvider? clock = null, ILogger<FileCredentials>? logger = null)
    {
        var source = new FileCredentials([files], mayBeMissing: false, roles, clock, logger);
        return source._problem is { } problem ? throw problem : source;
    }

    /// <summary>Credentials that should be there: until they can be used, whoever asks for them gets the reason.</summary>
    public static FileCredentials Follow(CredentialFiles files, IReadOnlyList<CertificateRole> roles, TimeProvider? clock = null, ILogger<FileCredentials>? logger = null) =>
        new([files], mayBeMissing: false, roles, clock, logger);

    /// <summary>
    /// The credentials for one cluster in a directory for several, see <see cref="CredentialFiles.PrefixOf"/>. As long as there is no file at all for its managers, they are
    /// spoken to in cleartext; files that come and go later are noticed.
    /// </summary>
    /// <param name="directory">Where the files are.</param>
    /// <param name="managers">The addresses of one cluster's managers; files for one of them are enough.</param>
    /// <param name="roles">As above.</param>
    /// <param name="clock">As above.</param>
    /// <param name="logger">As above.</param>
    /// <exception cref="ArgumentException">One of the managers is no address.</exception>
    public static FileCredentials ForManagers(
        string directory, IEnumerable<string> managers, IReadOnlyList<CertificateRole> roles, TimeProvider? clock = null, ILogger<FileCredentials>? logger = null) =>
        new([.. managers.Select(manager => new CredentialFiles(directory, CredentialFiles.PrefixOf(manager)))], mayBeMissing: true, roles, clock, logger);

    private void Look()
    {
        _lookedAt = _clock.GetTimestamp();
        var place = _places.FirstOrDefault(files => files.AnyExists()) ?? _places[0];
        var found = CredentialFileSet.Read(place);
        if (_seen is not { } seen || !seen.IsSameAs(found))
            TryTake(found);
        if (_current is { } own && own.ExpiresAt <= _clock.GetUtcNow() && !_expiryIsLogged)
        {
            _expiryIsLogged = true;
            LogExpired(own.Origin, own.Identity, own.ExpiresAt);
        }
    }

    private void TryTake(CredentialFileSet found)
    {
        _seen = found;
        try
        {
            Take(found.IsMissing && _mayBeMissing ? null : found.Load(_roles));
        }
        catch (CredentialException problem)
        {
            _problem = problem;
            if (_current is { } kept)
                LogNotReplaced(problem.Message, kept.Identity, kept.ExpiresAt);
        }
    }

    private void Take(Credentials? loaded)
    {
        var replaced = _current;
        _current = loaded;
        _problem = null;
        _expiryIsLogged = false;
        if (loaded is not null && replaced is not null)
            LogReplaced(loaded.Origin, loaded.Identity, loaded.ExpiresAt);
    }

    [LoggerMessage(7101, LogLevel.Information, "New credentials in {Place}: {Identity}, until {ExpiresAt:u}. New connections use them.")]
    private partial void LogReplaced(string place, CertificateIdentity identity, DateTimeOffset expiresAt);

    [LoggerMessage(7102, LogLevel.Warning, "The credentials have changed and cannot be used: {Reason} The earlier ones stay: {Identity}, until {ExpiresAt:u}.")]
    private partial void LogNotReplaced(string reason, CertificateIdentity identity, DateTimeOffset expiresAt);

    [LoggerMessage(7103, LogLevel.Error, "The certificate in {Place} ({Identity}) expired at {ExpiresAt:u}: nobody accepts it until it is replaced.")]
    private partial void LogExpired(string place, CertificateIdentity identity, DateTimeOffset expiresAt);
}
