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
            await SendAsync(Opcode.Close, references);
    }

    /// <summary>Registers everything that is open on a node anew.</summary>
    public async Task ReassertAsync(NodeId node)
    {
        var references = files.Opened()
            .Where(open => router.Map.PrimaryOf(open.Inode.Shard) == node)
            .Select(open => new OpenReference(open.Inode, open.Stamp))
            .ToList();
        if (references.Count > 0)
            await SendAsync(Opcode.ReassertOpen, references);
    }

    private void AddTo(Dictionary<NodeId, List<OpenReference>> byNode, OpenReference reference)
    {
        var node = router.Map.PrimaryOf(reference.Inode.Shard);
        if (!byNode.TryGetValue(node, out var references))
            byNode[node] = references = [];
        references.Add(reference);
    }

    private async Task SendAsync(Opcode opcode, List<OpenReference> references)
    {
        var memory = GC.AllocateUninitializedArray<byte>(Limits.ReferencesPerMessage * OpenReference.WireSize, pinned: true);
        for (var first = 0; first < references.Count; first += Limits.ReferencesPerMessage)
        {
            var count = Math.Min(Limits.ReferencesPerMessage, references.Count - first);
            Write(memory, references, first, count);
            var call = router.Rent();
            call.Encode(new EmptyMessage());
            call.SetPayload(PointerOf(memory), count * OpenReference.WireSize);
            using (await call.SendAsync(opcode, references[first].Inode.Shard))
            {
                // A close that fails leaves an open reference until the session ends; nothing else can be done about it.
            }
            router.Return(call);
        }
    }

    private static void Write(byte[] memory, List<OpenReference> references, int first, int count)
    {
        var writer = new WireWriter(memory);
        for (var i = first; i < first + count; i++)
            references[i].Write(ref writer);
    }

    private static unsafe nint PointerOf(byte[] pinned) => (nint)Unsafe.AsPointer(ref pinned[0]);
}
