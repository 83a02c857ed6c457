using Grpc.Core;
using SealFs.Core.Control;
using SealFs.CsiDriver.Protocol;

namespace SealFs.CsiDriver.Controller;

/// <content>DeleteVolume: the name is free at once, the storage nodes purge the data in the background.</content>
internal sealed partial class ControllerService
{
    public override async Task<DeleteVolumeResponse> DeleteVolume(DeleteVolumeRequest request, ServerCallContext context)
    {
        RequireId(request.VolumeId);

        // What cannot exist is deleted.
        if (VolumeHandle.TryParse(request.VolumeId) is not { } handle)
            return new DeleteVolumeResponse();
        using var turn = turns.Enter(handle.ToString());
        try
        {
            await managers.Of(handle.Managers).DeleteVolumeAsync(handle.Name, cancellation: context.CancellationToken);
        }
        catch (ControlException problem) when (problem.Code == StatusCode.NotFound)
        {
            // Deleted before.
        }
        catch (ControlException problem)
        {
            throw Managers.Translate(problem);
        }
        return new DeleteVolumeResponse();
    }
}
