using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Wire;

namespace SealFs.Client.FileSystem;

/// <summary>
/// Tells the nodes what this session no longer has open, late and many at once: a close costs no request of its own. A node that was restarted is told what is
/// still open, because it has forgotten; so is one that shards with open files have moved to.
/// </summary>
internal sealed class CloseBatcher(ClusterRouter router, Func<IReadOnlyList<(InodeId Inode, ulong Stamp)>> opened)
{
    private readonly ConcurrentQueue<OpenReference> _closed = new();
    private readonly ConcurrentQueue<NodeId> _gotShards = new();

    public void Add(InodeId inode, ulong stamp) => _closed.Enqueue(new OpenReference(inode, stamp));

    /// <summary>
    /// Shards with open files have moved. The references moved with them, unless the old node was restarted and had not been told before it handed them over, or the
    /// new one was restarted before this client talked to it: so the new one is told, with what gathers until the next time.
    /// </summary>
    public void OnMapChanged(ClusterMap before, ClusterMap after)
    {
        foreach (var open in opened())
        {
            var node = after.PrimaryOf(open.Inode.Shard);
            if (node != before.PrimaryOf(open.Inode.Shard))
                _gotShards.Enqueue(node);
        }
    }

    /// <summary>Sends what has gathered. Called by a timer, and once at the end.</summary>
    public async Task SendAsync()
    {
        var gotShards = new HashSet<NodeId>();
        while (_gotShards.TryDequeue(out var node))
            gotShards.Add(node);
        foreach (var node in gotShards)
            await ReassertAsync(node);
        var byNode = new Dictionary<NodeId, List<OpenReference>>();
        while (_closed.TryDequeue(out var reference))
            AddTo(byNode, reference);
        foreach (var (node, references) in byNode)
            await SendClosedAsync(node, references);
    }

    /// <summary>
    /// Registers everything that is open anew at a node that has forgotten it, in one message, also when that is nothing: what the node does not find in it has
    /// been closed. It names what other nodes serve too, since the node may serve a shard that this client does not know it by yet.
    /// </summary>
    public async Task ReassertAsync(NodeId node)
    {
        var references = opened().Select(static open => new OpenReference(open.Inode, open.Stamp)).ToList();
        using (await SendAsync(Opcode.ReassertOpen, node, references, 0, references.Count))
        {
            // A node that has left the cluster has nothing to be told. One that could not be reached says again that it was restarted.
        }
    }

    /// <summary>
    /// Closes what a dead worker of this session had open and nobody knows of any more: it may have died before it told the servers. Opens after
    /// <paramref name="lastStamp"/>, the last one of the dead worker, are this worker's own.
    /// </summary>
    public async Task ReconcileAsync(ulong lastStamp)
    {
        foreach (var node in router.Map.Nodes)
        {
            var listed = await ListAsync(node.Id);

            // Looked at after the list was made: what it has and this has not is open no more.
            var known = opened().Select(static open => open.Inode).ToHashSet();
            foreach (var reference in listed)
            {
                if (reference.Stamp <= lastStamp && !known.Contains(reference.Inode))
                    _closed.Enqueue(reference);
            }
        }
    }

    private async Task<List<OpenReference>> ListAsync(NodeId node)
    {
        var call = router.Rent();
        call.Encode(new EmptyMessage());
        List<OpenReference> references;
        using (var answer = await call.SendToNodeAsync(Opcode.ListOpen, node))
            references = Read(answer);
        router.Return(call);
        return references;
    }

    private static List<OpenReference> Read(Answer answer)
    {
        var references = new List<OpenReference>();
        var reader = new WireReader(answer.Payload);
        while (answer.Succeeded && reader.Remaining >= OpenReference.WireSize)
            references.Add(OpenReference.Read(ref reader));
        return references;
    }

    private void AddTo(Dictionary<NodeId, List<OpenReference>> byNode, OpenReference reference)
    {
        var node = router.PrimaryOf(reference.Inode.Shard);
        if (!byNode.TryGetValue(node, out var references))
            byNode[node] = references = [];
        references.Add(reference);
    }

    private async Task SendClosedAsync(NodeId node, List<OpenReference> references)
    {
        for (var first = 0; first < references.Count; first += Limits.ReferencesPerMessage)
        {
            using (await SendAsync(Opcode.Close, node, references, first, Math.Min(Limits.ReferencesPerMessage, references.Count - first)))
            {
                // A node passes on what belongs to others by now. A close that fails leaves an open reference until the session ends; nothing else can be done about it.
            }
        }
    }

    private async Task<Answer> SendAsync(Opcode opcode, NodeId node, List<OpenReference> references, int first, int count)
    {
        var memory = GC.AllocateUninitializedArray<byte>((count + 1) * OpenReference.WireSize, pinned: true);
        Write(memory, references, first, count);
        var call = router.Rent();
        call.Encode(new EmptyMessage());
        call.SetPayload(PointerOf(memory), count * OpenReference.WireSize);
        var answer = await call.SendToNodeAsync(opcode, node);
        router.Return(call);
        GC.KeepAlive(memory);
        return answer;
    }

    private static void Write(byte[] memory, List<OpenReference> references, int first, int count)
    {
        var writer = new WireWriter(memory);
        for (var i = first; i < first + count; i++)
            references[i].Write(ref writer);
    }

    private static unsafe nint PointerOf(byte[] pinned) => (nint)Unsafe.AsPointer(ref pinned[0]);
}
