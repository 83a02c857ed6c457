using System.Diagnostics;
using System.Runtime.InteropServices;
using SealFs.Fuse.Native;

namespace SealFs.Fuse.Mounting;

/// <summary>The set-uid program fusermount3: it mounts for us and hands the descriptor over a socket that the environment names.</summary>
internal static unsafe class Fusermount
{
    private const string Program = "fusermount3";
    private const string SocketVariable = "_FUSE_COMMFD";
    private const int AF_UNIX = 1;
    private const int SOCK_STREAM = 1;
    private const int SOCK_CLOEXEC = 0x80000;

    public static int Mount(string path, FuseMountOptions options)
    {
        var pair = stackalloc int[2];
        if (Libc.socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
            throw new FuseException("socketpair", Marshal.GetLastPInvokeError());
        try
        {
            FuseMount.SetInheritable(pair[1], inheritable: true);
            var start = new ProcessStartInfo(Program, ["-o", Describe(options), "--", path]) { RedirectStandardError = true };
            start.Environment[SocketVariable] = pair[1].ToString();
            Run(start, $"mounting {path}", () => FuseMount.SetInheritable(pair[1], inheritable: false));
            Span<int> received = stackalloc int[1];
            if (DescriptorPassing.Receive(pair[0], received) != 1) throw new FuseException($"{Program} handed over no descriptor for {path}", FuseErrno.EIO);
            FuseMount.SetInheritable(received[0], inheritable: false);
            return received[0];
        }
        finally
        {
            FuseMount.Close(pair[0]);
            FuseMount.Close(pair[1]);
        }
    }

    public static void Unmount(string path, bool lazy)
    {
        string[] arguments = lazy ? ["-u", "-z", "--", path] : ["-u", "--", path];
        Run(new ProcessStartInfo(Program, arguments) { RedirectStandardError = true }, $"unmounting {path}", () => { });
    }

    private static void Run(ProcessStartInfo start, string purpose, Action started)
    {
        using var process = Process.Start(start) ?? throw new FuseException($"starting {Program}", FuseErrno.ENOENT);
        started();
        var complaint = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new FuseException($"{purpose} ({Program} says: {complaint.Trim()})", FuseErrno.EPERM);
    }

    private static string Describe(FuseMountOptions options)
    {
        var words = new List<string> { $"fsname={options.Source}", $"subtype={options.Subtype}", $"max_read={options.MaxReadBytes}" };
        if (options.ReadOnly) words.Add("ro");
        if (options.NoAccessTimes) words.Add("noatime");
        if (options.DefaultPermissions) words.Add("default_permissions");
        if (options.AllowOther) words.Add("allow_other");
        return string.Join(',', words);
    }
}
