using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Wire;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Engine.RocksDb;
using SealFs.StorageNode.Files;
using SealFs.StorageNode.Hosting;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Names;
using SealFs.StorageNode.Quota;
using SealFs.StorageNode.Sessions;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Tests.Shards;

/// <summary>
/// One shard on the real engine without sockets and manager: what the handlers themselves cost. Requests are dispatched on the caller's thread, and the answer is
/// there when <see cref="Send{T}"/> returns.
/// </summary>
internal sealed unsafe class ShardRig : IRequestSource, IDisposable
{
    private const int BodyBytes = 1024;
    private const int PayloadBytes = 1024 * 1024 + 8192;

    private readonly RocksMetadataEngine _engine;
    private readonly FileData _data;
    private readonly VolumeQuota _quota;
    private readonly byte* _body = (byte*)NativeMemory.AllocZeroed(BodyBytes);
    private readonly byte* _reply = (byte*)NativeMemory.AllocZeroed(BodyBytes);
    private readonly byte* _payload = (byte*)NativeMemory.AllocZeroed(PayloadBytes);
    private Session _session = SessionOf(77);
    private FrameHeader _header;
    private int _replyLength;
    private ulong _sequence;

    public ShardRig(string directory, MetadataEngineOptions? options = null, TimeProvider? time = null)
    {
        _engine = new RocksMetadataEngine(directory, options ?? new MetadataEngineOptions());
        var identity = new NodeIdentity { Uuid = Guid.NewGuid(), Node = new NodeId(1), Incarnation = 1 };
        Node = new NodeContext(_engine, identity, time ?? TimeProvider.System, NullLoggerFactory.Instance)
        {
            CrossShard = new NoCrossShard(),
            NameLeaseTime = TimeSpan.Zero,
        };
        _data = FileData.Attach(Node, new FileChunkStore(directory + "-data"));
        _quota = new VolumeQuota(Node);
        Node.Quota = _quota;
        NameOperations.Register(Node.Operations);
        var node = new ClusterNode(new NodeId(1), "node", "127.0.0.1:1", "", "", "", 1, NodeState.Live);
        Node.Follow(ClusterMap.Unbuilt(Guid.NewGuid(), 1).WithNode(node).WithReplicas([ReplicaSet.Of(node.Id)]));
        Node.Follow([new VolumeState { Id = new VolumeId(1) }]);
    }

    public NodeContext Node { get; }

    public InodeId Root { get; } = InodeId.Root(default, new VolumeId(1));

    public Errno Status { get; private set; }

    public ReadOnlySpan<byte> Reply => new(_reply, _replyLength);

    public int ReplyPayloadLength { get; private set; }

    ref readonly FrameHeader IRequestSource.Header => ref _header;

    ReadOnlySpan<byte> IRequestSource.Body => new(_body, (int)_header.BodyLength);

    byte* IRequestSource.Payload => null;

    int IRequestSource.PayloadLength => 0;

    public WriteVerifier Verifier { get; set; }

    /// <summary>Executes a request to its end.</summary>
    public Errno Send<T>(Opcode opcode, in T message, bool mutation = false)
        where T : struct, IWireMessage<T>, allows ref struct
    {
        var writer = new WireWriter(new Span<byte>(_body, BodyBytes));
        message.Write(ref writer);
        _header = new FrameHeader
        {
            Opcode = opcode,
            Session = _session.Id,
            Volume = _session.Volume,
            Epoch = new Epoch(1),
            BodyLength = (uint)writer.Position,
            Sequence = mutation ? new Sequence(++_sequence) : default,
            StatusOrSlot = (1 << 16) | (int)(_sequence & 63),
        };
        Node.Dispatcher.Dispatch(this, _session);
        return Status;
    }

    /// <summary>Whose requests follow.</summary>
    public void Use(ulong session) => _session = SessionOf(session);

    public Errno Create(InodeId directory, ReadOnlySpan<byte> name) => Send(
        Opcode.Create,
        new CreateRequest { Directory = directory, Name = name, Mode = 0x81A4, Flags = CreateFlags.Exclusive },
        mutation: true);

    public Errno Lookup(InodeId directory, ReadOnlySpan<byte> name) => Send(Opcode.Lookup, new LookupRequest { Directory = directory, Name = name });

    public Errno Unlink(InodeId directory, ReadOnlySpan<byte> name) =>
        Send(Opcode.Unlink, new RemoveRequest { Directory = directory, Name = name }, mutation: true);

    public Errno GetAttr(InodeId inode) => Send(Opcode.GetAttr, new InodeRequest(inode));

    void IRequestSource.Reply(Errno status, ReadOnlySpan<byte> body, ReadOnlySpan<byte> payload)
    {
        Status = status;
        body.CopyTo(new Span<byte>(_reply, BodyBytes));
        _replyLength = body.Length;
        ReplyPayloadLength = payload.Length;
    }

    byte* IRequestSource.RentPayload(int capacityBytes) => _payload;

    void IRequestSource.ReplyRented(Errno status, ReadOnlySpan<byte> body, int payloadLength)
    {
        ((IRequestSource)this).Reply(status, body, default);
        ReplyPayloadLength = payloadLength;
    }

    private static Session SessionOf(ulong id) => new(new SessionId(id), PeerRole.Client, new VolumeId(1), false, 1);

    public void Dispose()
    {
        _data.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _quota.Dispose();
        Node.Dispose();
        _engine.Dispose();
        NativeMemory.Free(_body);
        NativeMemory.Free(_reply);
        NativeMemory.Free(_payload);
    }
}
