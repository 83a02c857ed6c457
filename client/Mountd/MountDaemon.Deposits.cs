using Google.Protobuf;
using SealFs.Client.Mountd.V1;
using SealFs.Client.Mounting;

namespace SealFs.Client.Mountd;

/// <content>What is kept with the plugin, so that the mounts outlive this process, and what comes back from it.</content>
public sealed partial class MountDaemon
{
    /// <summary>Gives every plugin the newest record and duplicates of the descriptors. One that does not take them is logged: the mount works without.</summary>
    private Task DepositAsync(ServedMount mount) => Task.WhenAll(Plugins.Select(plugin => DepositAsync(mount, plugin)));

    private async Task DepositAsync(ServedMount mount, MountdConnection plugin)
    {
        try
        {
            if (!mount.IsAlive)
                return;
            var deposit = new Envelope { Deposit = new Deposit { Record = mount.ToRecord().ToMessage() } };
            await plugin.CallAsync(deposit, MountdLimits.DepositLimit, mount.Descriptors).ConfigureAwait(false);

            // It may have ended meanwhile, and the plugin have heard of that first.
            if (mount.Ended.IsCompleted)
                await WithdrawAsync(mount.Id).ConfigureAwait(false);
        }
        catch (MountdException problem)
        {
            LogNotDeposited(plugin.Peer, mount.Options.Directory, problem.Message);
        }
    }

    private async Task WithdrawAsync(Guid id)
    {
        foreach (var plugin in Plugins)
        {
            try
            {
                await plugin.CallAsync(new Envelope { Withdraw = new Withdraw { Id = ByteString.CopyFrom(id.ToByteArray()) } }, MountdLimits.DepositLimit).ConfigureAwait(false);
            }
            catch (MountdException)
            {
                // It will hear that the mount is over when it offers it to a mountd.
            }
        }
    }

    private void RenewDeposits()
    {
        foreach (var (_, mount) in _mounts)
            _ = DepositAsync(mount);
    }

    /// <summary>The plugin has kept this from a mountd that is dead, or does not know that it goes on here.</summary>
    private Envelope Restore(Restore request, MountdFrame frame)
    {
        var record = MountRecord.Of(request.Record);
        using var turn = Enter(record.Id.ToString());
        if (_mounts.ContainsKey(record.Id))
            return DoneAnswer;
        var descriptors = Usable(frame);
        if (!KeptMount.IsConnected(descriptors[1]))
        {
            Close(descriptors);
            throw new MountdException(FailureCode.NotFound, $"The mount on {record.Options.Directory} is over.");
        }
        Add(ServedMount.Adopt(record, descriptors, _environment));
        return DoneAnswer;
    }

    private static int[] Usable(MountdFrame frame) =>
        frame.DescriptorCount >= 2 ? frame.TakeDescriptors() : throw new InvalidDataException("A mount needs at least two descriptors.");
}
