using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SealFs.CsiDriver.Tests;

/// <summary>
/// The whole test process runs in a mount namespace of its own, so that no mount can be left behind: it begins by executing itself through unshare(1).
/// </summary>
internal static partial class OwnMountNamespace
{
    private const string Marker = "SEALFS_TEST_MOUNT_NAMESPACE";

    [ModuleInitializer]
    internal static unsafe void Enter()
    {
        // The same executable is also an application on a mount.
        if (Environment.GetEnvironmentVariable(Node.LoadProcess.Variable) is { } directory)
            Environment.Exit(Node.VerifiedLoad.Run(directory));
        if (Environment.GetEnvironmentVariable(Marker) is not null || geteuid() != 0)
            return;
        string[] command =
        [
            "/usr/bin/env", $"{Marker}=1", "unshare", "--mount", "--propagation", "private", "--",
            .. File.ReadAllText("/proc/self/cmdline").TrimEnd('\0').Split('\0').Skip(1).Prepend(Environment.ProcessPath!),
        ];
        var arguments = stackalloc byte*[command.Length + 1];
        for (var index = 0; index < command.Length; index++)
            arguments[index] = (byte*)Marshal.StringToCoTaskMemUTF8(command[index]);
        arguments[command.Length] = null;
        _ = execv(command[0], arguments);
        throw new InvalidOperationException($"unshare could not be executed: errno {Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int execv(string path, byte** arguments);
}
