using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using SealFs.Client.Buffering;
using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;

namespace SealFs.Client.FileSystem;

/// <summary>
/// Tells the nodes what this session no longer has open, late and many at once: a close costs no request of its own. A node that was restarted is told what is
/// still open, because it has forgotten.
/// </summary>
internal sealed class CloseBatcher(ClusterRouter router, FileTable files)
{
    private readonly ConcurrentQueue<OpenReference> _closed = new();

    public void Add(InodeId inode, ulong stamp) => _closed.Enqueue(new OpenReference(inode, stamp));

    /// <summary>Sends what has gathered. Called by a timer, and once at the end.</summary>
    public async Task SendAsync()
    {
        var byNode = new Dictionary<NodeId, List<OpenReference>>();
        while (_closed.TryDequeue(out var reference))
            AddTo(byNode, reference);
        foreach (var references in byNode.Values)
            await SendClosedAsync(references);
    }

    /// <summary>
    /// Registers everything that is open on a node anew, in one message, also when that is nothing: what the node does not find in it has been closed.
    /// </summary>
    public async Task ReassertAsync(NodeId node)
    {
        var references = files.Opened()
            .Where(open => router.Map.PrimaryOf(open.Inode.Shard) == node)
            .Select(open => new OpenReference(open.Inode, open.Stamp))
            .ToList();
        if (FirstShards().TryGetValue(node, out var shard))
            await SendAsync(Opcode.ReassertOpen, shard, references, 0, references.Count);
    }

    /// <summary>
    /// Closes what a dead worker of this session had open and nobody knows of any more: it may have died before it told the servers. Opens after
    /// <paramref name="lastStamp"/>, the last one of the dead worker, are this worker's own.
    /// </summary>
    public async Task ReconcileAsync(ulong lastStamp)
    {
        foreach (var shard in FirstShards().Values)
        {
            var listed = await ListAsync(shard);

            // Looked at after the list was made: what it has and this has not is open no more.
            var opened = files.Opened().Select(static open => open.Inode).ToHashSet();
            foreach (var reference in listed)
            {
                if (reference.Stamp <= lastStamp && !opened.Contains(reference.Inode))
                    _closed.Enqueue(reference);
            }
        }
    }

    private async Task<List<OpenReference>> ListAsync(ShardId shard)
    {
        var references = new List<OpenReference>();
        var call = router.Rent();
        call.Encode(new EmptyMessage());
        using (var answer = await call.SendAsync(Opcode.ListOpen, shard))
        {
            var reader = new WireReader(answer.Payload);
            while (answer.Succeeded && reader.Remaining >= OpenReference.WireSize)
                references.Add(OpenReference.Read(ref reader));
        }
        router.Return(call);
        return references;
    }

    /// <summary>A shard of every node, by which it is reached.</summary>
    private Dictionary<NodeId, ShardId> FirstShards()
    {
        var map = router.Map;
        var shards = new Dictionary<NodeId, ShardId>();
        for (var shard = 0u; shard < map.ShardCount; shard++)
            shards.TryAdd(map.PrimaryOf(new(shard)), new(shard));
        return shards;
    }

    private void AddTo(Dictionary<NodeId, List<OpenReference>> byNode, OpenReference reference)
    {
        var node = router.Map.PrimaryOf(reference.Inode.Shard);
        if (!byNode.TryGetValue(node, out var references))
            byNode[node] = references = [];
        references.Add(reference);
    }

    private async Task SendClosedAsync(List<OpenReference> references)
    {
        for (var first = 0; first < references.Count; first += Limits.ReferencesPerMessage)
            await SendAsync(Opcode.Close, references[first].Inode.Shard, references, first, Math.Min(Limits.ReferencesPerMessage, references.Count - first));
    }

    private async Task SendAsync(Opcode opcode, ShardId shard, List<OpenReference> references, int first, int count)
    {
        var memory = GC.AllocateUninitializedArray<byte>((count + 1) * OpenReference.WireSize, pinned: true);
        Write(memory, references, first, count);
        var call = router.Rent();
        call.Encode(new EmptyMessage());
        call.SetPayload(PointerOf(memory), count * OpenReference.WireSize);
        using (await call.SendAsync(opcode, shard))
        {
            // A close that fails leaves an open reference until the session ends; nothing else can be done about it.
        }
        router.Return(call);
        GC.KeepAlive(memory);
    }

    private static void Write(byte[] memory, List<OpenReference> references, int first, int count)
    {
        var writer = new WireWriter(memory);
        for (var i = first; i < first + count; i++)
            references[i].Write(ref writer);
    }

    private static unsafe nint PointerOf(byte[] pinned) => (nint)Unsafe.AsPointer(ref pinned[0]);
}
