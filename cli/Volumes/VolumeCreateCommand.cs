using System.CommandLine;
using SealFs.Cli.Cluster;
using SealFs.Cli.Output;
using SealFs.Cli.Settings;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;

namespace SealFs.Cli.Volumes;

/// <summary><c>sealfs volume create NAME</c>.</summary>
internal static class VolumeCreateCommand
{
    private static readonly Setting<long> ChunkSize = Setting<long>.Value(
        "--chunk-size", "SIZE", "Files are cut into chunks of this size, which spread over the nodes. A power of two from 64KiB to 4MiB; fixed for the volume's life.",
        SettingParsers.Size, (long)ControlLimits.DefaultChunkSizeBytes, "4MiB");

    private static readonly Setting<long> InlineLimit = Setting<long>.Value(
        "--inline-limit", "SIZE", "Files up to this size are stored beside their inode, so that one request reads or writes them. At most 64KiB; 0 switches it off.",
        SettingParsers.Size, (long)ControlLimits.DefaultInlineLimitBytes, "16KiB");

    private static readonly Setting<VolumeDurability> Durability = Setting<VolumeDurability>.Value(
        "--durability", "default|sync", "default: a change is on disk after fsync, or within 100 ms. sync: every change is on disk before it is acknowledged (slower).",
        SettingParsers.OneOf(("default", VolumeDurability.Default), ("sync", VolumeDurability.Sync)), VolumeDurability.Default, "default");

    public static Command Build()
    {
        var name = VolumeSettings.NameArgument();
        var command = new DocumentedCommand(
            "create", "Create a volume. It can be mounted at once.",
            "sealfs volume create photos",
            "sealfs volume create scratch --size 64MiB --inodes 100000",
            "sealfs volume create ledger --durability sync")
        { name };
        return command
            .With([VolumeSettings.Size, VolumeSettings.Inodes, ChunkSize, InlineLimit, Durability, .. ManagerConnection.Settings])
            .Does(invocation => RunAsync(invocation, invocation.Argument(name)));
    }

    private static async Task<int> RunAsync(Invocation invocation, string name)
    {
        using var manager = ManagerConnection.Open(invocation);
        var volume = await manager.CreateVolumeAsync(
            new CreateVolumeRequest
            {
                Name = name,
                QuotaBytes = (ulong)(invocation.Get(VolumeSettings.Size) ?? 0),
                QuotaInodes = invocation.Get(VolumeSettings.Inodes) ?? 0,
                ChunkSizeBytes = (ulong)invocation.Get(ChunkSize),
                InlineLimitBytes = (ulong)invocation.Get(InlineLimit),
                Durability = invocation.Get(Durability),
            },
            invocation.Stop);
        invocation.Print(VolumeView.Of(volume), OutputJson.Default.VolumeView, view => $"Created volume {view.Name} ({VolumeView.Size(view.SizeBytes)}).");
        return ExitCode.Ok;
    }
}
