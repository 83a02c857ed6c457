using System.Globalization;
using System.Runtime.InteropServices;
using SealFs.Core.Security;

namespace SealFs.StorageNode.Hosting;

/// <summary>Where sockets of running processes belong: /run/sealfs for root, else the user's runtime directory, else a directory of his own in /tmp.</summary>
internal static partial class RuntimeDirectory
{
    /// <summary>The default Unix socket of a node. Paths of sockets are at most 107 bytes, so the name is short.</summary>
    public static string SocketPath(Guid node)
    {
        var directory = Find();
        PrivateFiles.PrepareRuntimeDirectory(directory);
        return Path.Combine(directory, $"{node:N}.sock");
    }

    private static string Find()
    {
        if (Environment.IsPrivilegedProcess)
            return "/run/sealfs";
        var runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        if (!string.IsNullOrEmpty(runtime))
            return Path.Combine(runtime, "sealfs");

        // By number: users of containers have no name.
        return Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"sealfs-{geteuid()}"));
    }

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
