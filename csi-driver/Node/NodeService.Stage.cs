using Grpc.Core;
using SealFs.Client;
using SealFs.Client.Mountd;
using SealFs.Client.Mountd.V1;
using SealFs.CsiDriver.Protocol;

namespace SealFs.CsiDriver.Node;

/// <content>NodeStageVolume and NodeUnstageVolume: the FUSE mount.</content>
internal sealed partial class NodeService
{
    public override async Task<NodeStageVolumeResponse> NodeStageVolume(NodeStageVolumeRequest request, ServerCallContext context)
    {
        RequireId(request.VolumeId);
        RequirePath(request.StagingTargetPath, "staging target path");
        RequireCapability(request.VolumeCapability);
        var handle = Handle(request.VolumeId);
        using var turn = turns.Enter(request.VolumeId);
        return await SystemAsync(async () =>
        {
            var path = await NodeSystem.ResolveAsync(request.StagingTargetPath);
            await StageAsync(OptionsFor(handle, request.VolumeCapability, path), context.CancellationToken);
            return new NodeStageVolumeResponse();
        });
    }

    public override async Task<NodeUnstageVolumeResponse> NodeUnstageVolume(NodeUnstageVolumeRequest request, ServerCallContext context)
    {
        RequireId(request.VolumeId);
        RequirePath(request.StagingTargetPath, "staging target path");
        using var turn = turns.Enter(request.VolumeId);
        return await SystemAsync(async () =>
        {
            await EndAsync(await NodeSystem.ResolveAsync(request.StagingTargetPath), context.CancellationToken);
            return new NodeUnstageVolumeResponse();
        });
    }

    /// <summary>Sees to it that the volume is mounted, and answers, on the directory of the options.</summary>
    private async Task StageAsync(MountOptions wanted, CancellationToken cancellation)
    {
        while (MountEntry.At(wanted.Directory) is { } present)
        {
            if (!present.IsSealFs || present.Source != wanted.Volume)
                throw Refusal.Exists($"{wanted.Directory} is in use: {present.Source} ({present.Type}) is mounted there.");
            switch (await MountProbe.AskAsync(wanted.Directory))
            {
                case MountHealth.Silent:
                    throw Refusal.Unavailable($"{wanted.Volume} is mounted on {wanted.Directory} and does not answer yet.");
                case MountHealth.Healthy:
                    await CheckAlikeAsync(wanted, cancellation);
                    return;
                default:
                    LogDead(wanted.Volume, wanted.Directory);
                    NodeSystem.Detach(wanted.Directory);
                    break;
            }
        }
        await MountAsync(wanted, cancellation);
    }

    /// <exception cref="RpcException">ALREADY_EXISTS: it is mounted there in another way.</exception>
    private async Task CheckAlikeAsync(MountOptions wanted, CancellationToken cancellation)
    {
        if (await DescribeAsync(wanted.Directory, cancellation) is { } present && !AreAlike(present, wanted))
            throw Refusal.Exists($"{wanted.Volume} is mounted on {wanted.Directory} already, with another access mode, group or manager.");
    }

    private async Task<MountOptions?> DescribeAsync(string path, CancellationToken cancellation)
    {
        try
        {
            return await mountd.DescribeAsync(path, cancellation);
        }
        catch (MountdException problem)
        {
            throw Translate(problem);
        }
    }

    /// <summary>Ends what is mounted on a path, with everything written back when it is mountd's. Nothing mounted is no error.</summary>
    private async Task EndAsync(string path, CancellationToken cancellation)
    {
        try
        {
            // Also when nothing is mounted any more: an earlier call may have been given up while data were on their way.
            await mountd.UnmountAsync(path, CsiLimits.EndLimit, cancellation);
        }
        catch (MountdException problem) when (problem.Code == FailureCode.NotFound)
        {
            // Not its own: a bind mount, or one that died.
        }
        catch (MountdException problem) when (problem.Code == FailureCode.Unavailable && MountEntry.At(path) is not { IsSealFs: true })
        {
            // Without a mountd, what is mounted there can only be something else.
        }
        catch (MountdException problem) when (problem.Code == FailureCode.Busy)
        {
            throw Refusal.State(problem.Message);
        }
        catch (MountdException problem)
        {
            throw Translate(problem);
        }
        while (MountEntry.At(path) is { } left)
        {
            if (left.IsSealFs && await MountProbe.AskAsync(path) == MountHealth.Dead)
                NodeSystem.Detach(path);
            else
                await NodeSystem.UnmountAsync(path);
        }
    }
}
