using Grpc.Core;
using SealFs.CsiDriver.Protocol;
using SealFs.Fuse;

namespace SealFs.CsiDriver.Node;

/// <content>NodePublishVolume and NodeUnpublishVolume: bind mounts in pods.</content>
internal sealed partial class NodeService
{
    public override async Task<NodePublishVolumeResponse> NodePublishVolume(NodePublishVolumeRequest request, ServerCallContext context)
    {
        RequireId(request.VolumeId);
        RequirePath(request.TargetPath, "target path");
        RequireCapability(request.VolumeCapability);
        if (request.StagingTargetPath.Length == 0)
            throw Refusal.State("The staging target path is missing: a volume is staged before it is published.");
        RequirePath(request.StagingTargetPath, "staging target path");
        var handle = Handle(request.VolumeId);
        using var turn = turns.Enter(request.TargetPath);

        // Whether another path has it must not change while this one gets it.
        using var only = CapabilityRules.IsForOnePath(request.VolumeCapability) ? turns.Enter(request.VolumeId) : null;
        return await SystemAsync(async () =>
        {
            var staging = await NodeSystem.ResolveAsync(request.StagingTargetPath);
            var target = await NodeSystem.ResolveAsync(request.TargetPath);
            await PublishAsync(handle, request, staging, target, context.CancellationToken);
            return new NodePublishVolumeResponse();
        });
    }

    public override async Task<NodeUnpublishVolumeResponse> NodeUnpublishVolume(NodeUnpublishVolumeRequest request, ServerCallContext context)
    {
        RequireId(request.VolumeId);
        RequirePath(request.TargetPath, "target path");
        using var turn = turns.Enter(request.TargetPath);
        return await SystemAsync(async () =>
        {
            var target = await NodeSystem.ResolveAsync(request.TargetPath);
            if (MountEntry.At(target) is not null)
                await EndAsync(target, context.CancellationToken);
            NodeSystem.RemoveDirectory(target);
            return new NodeUnpublishVolumeResponse();
        });
    }

    private async Task PublishAsync(VolumeHandle handle, NodePublishVolumeRequest request, string staging, string target, CancellationToken cancellation)
    {
        var isReadOnly = request.Readonly || CapabilityRules.IsReadOnly(request.VolumeCapability);
        if (MountEntry.At(staging) is not { IsSealFs: true } staged || staged.Source != handle.Name)
            throw Refusal.State($"{request.VolumeId} is not staged on {staging}.");

        // A staged mount that died while nobody kept it is made again: nobody else will.
        if (await MountProbe.AskAsync(staging) == MountHealth.Dead)
        {
            await StageAsync(OptionsFor(handle, request.VolumeCapability, staging), cancellation);
            staged = MountEntry.At(staging) ?? throw Refusal.State($"{request.VolumeId} is not staged on {staging}.");
        }
        if (await IsPublishedAsync(handle, target, staged, isReadOnly))
            return;
        if (CapabilityRules.IsForOnePath(request.VolumeCapability) && OtherPath(staged, target) is { } other)
            throw Refusal.State($"{request.VolumeId} is for one pod at a time (ReadWriteOncePod), and {other} has it.");

        var present = await DescribeAsync(staging, cancellation);
        NodeSystem.MakeDirectory(target);
        try
        {
            // Another group sees another view: it gets a mount of its own.
            if (CapabilityRules.Group(request.VolumeCapability) is { } group && present is not null && present.Group != group)
                await MountAsync(OptionsFor(handle, request.VolumeCapability, target) with { ReadOnly = present.ReadOnly || isReadOnly }, cancellation);
            else
                await NodeSystem.BindAsync(staging, target, isReadOnly);
        }
        catch
        {
            RemoveIfEmpty(target);
            throw;
        }
    }

    /// <exception cref="RpcException">ALREADY_EXISTS: in another way, or something else is there.</exception>
    private async Task<bool> IsPublishedAsync(VolumeHandle handle, string target, MountEntry staged, bool isReadOnly)
    {
        while (MountEntry.At(target) is { } present)
        {
            if (present.IsSealFs && await MountProbe.AskAsync(target) == MountHealth.Dead)
            {
                NodeSystem.Detach(target);
                continue;
            }
            if (!present.IsSealFs || present.Source != handle.Name)
                throw Refusal.Exists($"{target} is in use: {present.Source} ({present.Type}) is mounted there.");
            return (present.IsReadOnly || staged.IsReadOnly) == (isReadOnly || staged.IsReadOnly)
                ? true
                : throw Refusal.Exists($"{handle.Name} is published on {target} already, {(present.IsReadOnly ? "read-only" : "writable")}.");
        }
        return false;
    }

    private static string? OtherPath(MountEntry staged, string target) =>
        MountEntry.ReadAll().FirstOrDefault(entry => entry.IsSealFs && entry.Source == staged.Source && entry.Path != staged.Path && entry.Path != target)?.Path;

    private static void RemoveIfEmpty(string target)
    {
        try
        {
            NodeSystem.RemoveDirectory(target);
        }
        catch (FuseException)
        {
            // What failed before is what has to be told.
        }
    }
}
