using System.Security.Cryptography.X509Certificates;

namespace SealFs.Core.Security;

/// <summary>
/// Which volumes the holder of a client's certificate may use. In its subject alternative names, one URI for each: <c>sealfs:volume/NAME</c>, or <c>sealfs:volume/NAME?mode=ro</c> for
/// reading alone. A certificate without such names is good for every volume; one with a name of this scheme that cannot be read is good for none.
/// </summary>
public sealed class VolumeGrants
{
    private const string Prefix = "sealfs:volume/";
    private const string Scheme = "sealfs:";
    private const string ReadOnlySuffix = "?mode=ro";
    private const string AlternativeNamesOid = "2.5.29.17";

    private readonly Dictionary<string, bool>? _volumes;

    /// <param name="volumes">The volumes, and for each whether it may only be read. Null: every volume.</param>
    public VolumeGrants(IReadOnlyDictionary<string, bool>? volumes) => _volumes = volumes?.ToDictionary(StringComparer.Ordinal);

    /// <summary>Every volume.</summary>
    public static VolumeGrants All { get; } = new(null);

    public bool IsLimited => _volumes is not null;

    /// <summary>The names, for messages.</summary>
    public IEnumerable<string> Volumes => _volumes?.Keys ?? Enumerable.Empty<string>();

    public bool Allows(string volume, bool readOnly) => _volumes is null || (_volumes.TryGetValue(volume, out var onlyRead) && (readOnly || !onlyRead));

    /// <summary>Reads what a command line says: <c>photos,logs:ro</c>.</summary>
    /// <exception cref="FormatException">It says something else.</exception>
    public static VolumeGrants Parse(string text)
    {
        var volumes = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var item in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var colon = item.IndexOf(':', StringComparison.Ordinal);
            var name = colon < 0 ? item : item[..colon];
            if (!IsName(name) || (colon >= 0 && item[colon..] is not (":ro" or ":rw")))
                throw new FormatException($"'{item}' is no volume: NAME, NAME:ro or NAME:rw is.");
            if (!volumes.TryAdd(name, item.EndsWith(":ro", StringComparison.Ordinal)))
                throw new FormatException($"'{name}' stands there twice.");
        }
        return new VolumeGrants(volumes);
    }

    /// <summary>The names to put into a certificate; null when there are none.</summary>
    internal X509Extension? ToExtension()
    {
        if (_volumes is null)
            return null;
        var names = new SubjectAlternativeNameBuilder();
        foreach (var (volume, readOnly) in _volumes)
            names.AddUri(new Uri(Prefix + volume + (readOnly ? ReadOnlySuffix : "")));
        return names.Build();
    }

    internal static VolumeGrants Of(X509Certificate2 certificate)
    {
        if (certificate.Extensions.FirstOrDefault(extension => extension.Oid?.Value == AlternativeNamesOid) is not { } extension)
            return All;
        var uris = AlternativeNames.Uris(extension.RawData);
        if (uris is null)
            return new VolumeGrants(new Dictionary<string, bool>());
        var own = uris.Where(uri => uri.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)).ToList();
        if (own.Count == 0)
            return All;
        var volumes = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var uri in own)
        {
            var readOnly = uri.EndsWith(ReadOnlySuffix, StringComparison.Ordinal);
            var name = uri.StartsWith(Prefix, StringComparison.Ordinal) ? uri[Prefix.Length..^(readOnly ? ReadOnlySuffix.Length : 0)] : "";
            if (!IsName(name) || !volumes.TryAdd(name, readOnly))
                return new VolumeGrants(new Dictionary<string, bool>());
        }
        return new VolumeGrants(volumes);
    }

    private static bool IsName(string name) => name.Length > 0 && name.All(letter => letter is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-' or '.');
}
