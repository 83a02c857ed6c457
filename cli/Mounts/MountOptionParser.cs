using System.Globalization;
using SealFs.Cli.Settings;
using SealFs.Client;

namespace SealFs.Cli.Mounts;

/// <summary>Reads the list behind <c>-o</c>, in the form of mount(8): <c>ro,entry_timeout=5s,cache=always</c>.</summary>
internal static class MountOptionParser
{
    /// <summary>What a line of /etc/fstab or a habit brings along and what is so anyway, or means nothing here.</summary>
    private static readonly HashSet<string> Accepted =
        ["rw", "defaults", "auto", "noauto", "user", "nouser", "_netdev", "nofail", "exec", "nosuid", "nodev", "noatime", "nodiratime", "relatime", "async", "default_permissions"];

    /// <summary>Each option with its explanation, for the help of <c>sealfs mount</c>.</summary>
    public static readonly (string Form, string Meaning)[] Manual =
    [
        ("ro", "refuse every change"),
        ("private", "only the user who mounts may enter (default: everybody, as permissions allow)"),
        ("entry_timeout=TIME", "how long the kernel may believe a name without asking [1s]"),
        ("attr_timeout=TIME", "how long the kernel may believe attributes without asking; open always asks [1s]"),
        ("op_timeout=TIME", "how long an operation waits for a node that is away before it fails with EIO [60s]"),
        ("write_buffer=SIZE", "memory for written data on their way to the nodes [64MiB]"),
        ("read_buffer=SIZE", "memory for data read ahead [64MiB]"),
        ("cache=auto|always|never", "page cache: auto streams large files past it [auto]"),
        ("listing=MODE", "attributes: listings bring the attributes of all entries; auto: of large directories only for who looks at them [auto]"),
        ("threads=N", "threads that read requests from the kernel and receive answers; 0: one for two processors [0]"),
        ("gid=N", "show everything as this group's, readable and writable for it; new files belong to it"),
        ("watchdog=TIME", "how long the mount waits for a successor of a worker that died before it gives up [30s]"),
        ("name=TEXT", "how 'sealfs volume show' names this client"),
    ];

    /// <summary>Applies a comma-separated list to options.</summary>
    /// <exception cref="FormatException">An option is unknown or its value is wrong.</exception>
    public static MountOptions Apply(MountOptions options, string list)
    {
        foreach (var item in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = item.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = equals < 0 ? (item, null) : (item[..equals], item[(equals + 1)..]);
            options = ApplyOne(options, name, value);
        }
        return options;
    }

    private static MountOptions ApplyOne(MountOptions options, string name, string? value) => (name, value) switch
    {
        ("ro", null) => options with { ReadOnly = true },
        ("rw", null) => options with { ReadOnly = false },
        ("private", null) => options with { AllowOther = false },
        ("allow_other", null) => options with { AllowOther = true },
        ("entry_timeout", { } time) => options with { EntryTimeoutMs = Milliseconds(time) },
        ("attr_timeout", { } time) => options with { AttributeTimeoutMs = Milliseconds(time) },
        ("op_timeout", { } time) => options with { OperationTimeoutMs = Milliseconds(time) },
        ("watchdog", { } time) => options with { WatchdogMs = Milliseconds(time) },
        ("write_buffer", { } size) => options with { WriteBufferBytes = ByteSize.Parse(size) },
        ("read_buffer", { } size) => options with { ReadBufferBytes = ByteSize.Parse(size) },
        ("cache", { } mode) => options with
        {
            Cache = SettingParsers.OneOf(("auto", CacheMode.Auto), ("always", CacheMode.Always), ("never", CacheMode.Never))(mode),
        },
        ("listing", { } mode) => options with { ListAttributes = SettingParsers.OneOf(("attributes", true), ("auto", false))(mode) },
        ("threads", { } count) => options with { WorkerThreads = SettingParsers.Integer(0, 1024)(count) },
        ("gid", { } id) => options with { Group = (uint)SettingParsers.Integer(0, int.MaxValue)(id) },
        ("name", { } text) => options with { ClientName = text },
        (_, null) when Accepted.Contains(name) => options,
        _ => throw new FormatException($"there is no mount option '{(value is null ? name : $"{name}=…")}' ('sealfs mount --help' lists them)"),
    };

    private static int Milliseconds(string text)
    {
        // FUSE users write plain seconds: entry_timeout=1.5.
        var seconds = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) ? value : -1;
        var time = seconds >= 0 && seconds < int.MaxValue / 1000 ? TimeSpan.FromSeconds(seconds) : SettingParsers.Duration(text);
        return time.TotalMilliseconds <= int.MaxValue ? (int)time.TotalMilliseconds : throw new FormatException($"'{text}' is too long");
    }
}
