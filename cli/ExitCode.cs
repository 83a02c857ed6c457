namespace SealFs.Cli;

/// <summary>What the exit code of every command means. The table for people is in docs/exit-codes.md.</summary>
internal static class ExitCode
{
    /// <summary>Done, or checked and found well.</summary>
    public const int Ok = 0;

    /// <summary>Checked, and something is wrong: <c>fsck</c> has findings, <c>cluster status</c> sees a node or shard that is not available, <c>cluster safe</c> says no, <c>certificates show</c> sees one that has expired.</summary>
    public const int Findings = 1;

    /// <summary>The request failed; the line on stderr says why. <c>fsck</c>: the volume could not be checked.</summary>
    public const int Failed = 2;

    /// <summary>No such volume, mount, directory, node or move.</summary>
    public const int NotFound = 4;

    /// <summary>It exists already.</summary>
    public const int Exists = 5;

    /// <summary>The manager or a storage node could not be reached in time, or what answers is another (TLS).</summary>
    public const int Unreachable = 6;

    /// <summary>Refused in the present state, for instance deleting a volume that is mounted; or the manager does not accept the certificate.</summary>
    public const int Refused = 7;

    /// <summary>The command line, an environment variable or the configuration file is wrong (EX_USAGE of sysexits.h).</summary>
    public const int Usage = 64;

    /// <summary>Ended by SIGINT or SIGTERM before it was done. Servers and mounts that are asked to stop end with 0.</summary>
    public const int Interrupted = 130;
}
