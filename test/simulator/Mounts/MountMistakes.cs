using System.Buffers.Binary;
using System.Runtime.InteropServices;
using SealFs.Core.Messages;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using SealFs.Simulator.Network;
using SealFs.Simulator.World;

namespace SealFs.Simulator.Mounts;

/// <summary>The mistakes of a mount's client, made between the client and its surroundings.</summary>
internal sealed class MountMistakes(Mistakes mistakes)
{
    /// <summary>What stands for every verifier.</summary>
    private const ulong SameVerifier = 7;

    private readonly Dictionary<ulong, HashSet<string>> _touched = [];
    private readonly Dictionary<ulong, ulong> _firstHandles = [];

    public RpcConnector Connect(SimulatedNetwork network, SimulatedProcess process) => SimulatedChannel.For(network, process, mistakes == Mistakes.None ? null : this);

    public bool Has(Mistakes mistake) => (mistakes & mistake) != 0;

    /// <summary>Nobody has the file open here any more.</summary>
    public void Forget(ulong inode)
    {
        _touched.Remove(inode);
        _firstHandles.Remove(inode);
    }

    /// <summary>The handle by which the client is asked.</summary>
    public ulong HandleFor(ulong inode, ulong handle)
    {
        if (!Has(Mistakes.TellFirst))
            return handle;
        return CollectionsMarshal.GetValueRefOrAddDefault(_firstHandles, inode, out var isKnown) is var first && isKnown ? first : _firstHandles[inode] = handle;
    }

    /// <summary>The request is not sent, and counts as answered with success.</summary>
    public bool Skips(in RpcCall call, ReadOnlySpan<byte> body, RpcEndpoint endpoint)
    {
        if (!Has(Mistakes.SyncTouchedOnly) || call.Opcode is not (Opcode.Write or Opcode.Fsync))
            return false;
        var inode = BinaryPrimitives.ReadUInt64LittleEndian(body);
        if (call.Opcode == Opcode.Write)
        {
            ref var nodes = ref CollectionsMarshal.GetValueRefOrAddDefault(_touched, inode, out _);
            (nodes ??= []).Add(endpoint.ToString());
            return false;
        }

        return call.Shard != new Core.InodeId(inode).Shard && !(_touched.TryGetValue(inode, out var touched) && touched.Contains(endpoint.ToString()));
    }

    /// <summary>The answer as the client takes it.</summary>
    public SimulatedFrame Hears(SimulatedFrame answer)
    {
        if (!Has(Mistakes.IgnoreVerifiers))
            return answer;
        var payload = answer.Payload;
        if (answer.Header.Opcode is Opcode.Fsync or Opcode.SyncVolume && payload.Length % sizeof(ulong) == 0)
        {
            payload = [.. payload];
            MemoryMarshal.Cast<byte, ulong>(payload.AsSpan()).Fill(SameVerifier);
        }

        var verifier = answer.Header.Sequence.Value == 0 ? 0 : SameVerifier;
        return answer with { Header = answer.Header with { Sequence = new Core.Sequence(verifier) }, Payload = payload };
    }
}
