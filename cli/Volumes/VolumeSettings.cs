using System.CommandLine;
using SealFs.Cli.Settings;

namespace SealFs.Cli.Volumes;

/// <summary>What the volume commands share.</summary>
internal static class VolumeSettings
{
    public static readonly Setting<long?> Size = Setting<long?>.Value(
        "--size", "SIZE", "How much data the volume may hold (64MiB, 10G); 0 is unlimited. 'df' shows it, and writing beyond it answers ENOSPC.",
        text => SettingParsers.Size(text), null, null);

    public static readonly Setting<ulong?> Inodes = Setting<ulong?>.Value(
        "--inodes", "N", "How many files and directories the volume may hold; 0 is unlimited.", text => SettingParsers.Count(text), null, null);

    public static Argument<string> NameArgument() => new("VOLUME") { Description = "Name of the volume: lower-case letters, digits, '-' and '.'." };
}
