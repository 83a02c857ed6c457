using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using SealFs.StorageNode.Tests.Hosting;
using Xunit;

namespace SealFs.StorageNode.Tests.Shards;

/// <summary>A compound to be sent: its parts one after the other.</summary>
internal sealed class CompoundParts
{
    private readonly byte[] _bytes = new byte[RpcLimits.BodyBytes];
    private int _length;

    public byte[] Bytes => _bytes[.._length];

    public CompoundParts Add<T>(Opcode opcode, in T body)
        where T : struct, IWireMessage<T>, allows ref struct
    {
        var writer = new CompoundWriter(_bytes.AsSpan(_length));
        Assert.True(writer.TryAdd(opcode, in body));
        _length += writer.Length;
        return this;
    }

    public CompoundParts Create(InodeId directory, ReadOnlySpan<byte> name, CreateFlags flags = CreateFlags.Exclusive, ulong stamp = 0) =>
        Add(Opcode.Create, NodeClient.CreateMessage(directory, name, flags: flags, stamp: stamp));

    public CompoundParts Lookup(InodeId directory, ReadOnlySpan<byte> name) => Add(Opcode.Lookup, new LookupRequest { Directory = directory, Name = name });

    public CompoundParts Unlink(InodeId directory, ReadOnlySpan<byte> name) => Add(Opcode.Unlink, new RemoveRequest { Directory = directory, Name = name });

    public CompoundParts GetAttr(InodeId inode) => Add(Opcode.GetAttr, new InodeRequest(inode));

    public CompoundParts Open(InodeId inode, ulong stamp) => Add(Opcode.Open, new OpenRequest(inode, OpenFlags.None, stamp, 0));

    /// <summary>The answers of all parts, of a compound that succeeded.</summary>
    public static List<NodeAnswer> Answers(NodeAnswer answer)
    {
        Assert.Equal(Errno.None, answer.Status);
        var answers = new List<NodeAnswer>();
        var reader = new CompoundReader(answer.Body);
        while (reader.MoveNext())
            answers.Add(new NodeAnswer(Errno.None, reader.Body.ToArray(), []));
        Assert.False(reader.Malformed);
        return answers;
    }

    /// <summary>Which part failed.</summary>
    public static uint FailedAt(NodeAnswer answer)
    {
        var reader = new WireReader(answer.Body);
        Assert.True(CompoundFailure.TryRead(ref reader, out var failure));
        return failure.Index;
    }
}
