using System.Text;
using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Rpc;
using SealFs.Core.Tokens;
using SealFs.Core.Wire;

namespace SealFs.StorageNode.Tests.Hosting;

/// <summary>A client of one node: requests as a mount would send them, one at a time and each with a slot of its own where it changes something.</summary>
public sealed class NodeClient : IAsyncDisposable
{
    private readonly NodeHarness _harness;
    private readonly RpcConnection _connection;
    private readonly uint _shardCount;
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, Sequence> _labelled = new();
    private readonly TaskCompletionSource<Errno> _refusal = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _sequence;

    public NodeClient(NodeHarness harness, OpenSessionResponse session, ushort generation)
    {
        _harness = harness;
        Session = new SessionId(session.SessionId);
        Volume = new VolumeId(session.Volume.Id);
        Generation = generation;
        Token = session.Token.ToByteArray();
        Key = BearerKey.FromPrivate(session.PrivateKey.Span);
        _shardCount = harness.Host.Node.ShardCount;
        _connection = new RpcConnection(
            RpcEndpoint.Unix(harness.Host.Address.UnixPath), new RpcClientOptions { Hello = (body, attempt) => WriteHello(body, attempt, default), Prove = WriteHello, CallTime = TimeSpan.FromSeconds(20) });
        _connection.ConnectionChanged += (RpcChannel _, in RpcConnectionChange change) =>
        {
            if (change.Refusal is not (Errno.None or Errno.Busy))
                _refusal.TrySetResult(change.Refusal);
        };
    }

    public SessionId Session { get; private set; }

    public VolumeId Volume { get; }

    public ushort Generation { get; set; }

    public byte[] Token { get; set; }

    public BearerKey Key { get; set; }

    /// <summary>The public key that it shows; null: that of <see cref="Key"/>.</summary>
    public byte[]? ShownKey { get; set; }

    /// <summary>How Hello was refused for the first time, leaving out that the node was not ready.</summary>
    public Task<Errno> FirstRefusal => _refusal.Task;

    public PeerRole Role { get; set; } = PeerRole.Client;

    public InodeId Root => _harness.Root;

    /// <summary>The sequence of a mutation that may be sent several times: one for each label.</summary>
    public Sequence NextSequence(string label) => _labelled.GetOrAdd(label, _ => new Sequence(Interlocked.Increment(ref _sequence)));

    /// <summary>Shows another client's token.</summary>
    public void ActAs(NodeClient other)
    {
        Session = other.Session;
        Token = other.Token;
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>Asks something that changes nothing.</summary>
    public Task<NodeAnswer> AskAsync<T>(Opcode opcode, ShardId shard, in T body, byte[]? payload = null)
        where T : struct, IWireMessage<T>, allows ref struct => SendAsync(Call(opcode, shard), in body, payload);

    /// <summary>Changes something, with the next sequence.</summary>
    public Task<NodeAnswer> ChangeAsync<T>(Opcode opcode, ShardId shard, in T body, byte[]? payload = null)
        where T : struct, IWireMessage<T>, allows ref struct => ChangeAsync(opcode, shard, in body, new Sequence(Interlocked.Increment(ref _sequence)), resent: false, payload: payload);

    public Task<NodeAnswer> ChangeAsync<T>(
        Opcode opcode, ShardId shard, in T body, Sequence sequence, bool resent, ushort slot = 0, byte[]? payload = null)
        where T : struct, IWireMessage<T>, allows ref struct
    {
        var call = Call(opcode, shard);
        call.Sequence = sequence;
        call.Slot = slot;
        call.Generation = Generation;
        call.Resent = resent;
        return SendAsync(call, in body, payload);
    }

    public RpcCall Call(Opcode opcode, ShardId shard) => new()
    {
        Opcode = opcode,
        Shard = shard,
        Epoch = _harness.Host.Node.Map is { } map && map.Contains(shard) ? map.EpochOf(shard) : default,
        Session = Session,
        Volume = Volume,
    };

    public Task<NodeAnswer> SendAsync<T>(RpcCall call, in T body, byte[]? payload = null)
        where T : struct, IWireMessage<T>, allows ref struct => CopyAsync(_connection.CallAsync(in call, in body, new Payload(payload ?? [])));

    public Task<NodeAnswer> CreateAsync(
        InodeId directory, string name, uint mode = 0x81A4, CreateFlags flags = CreateFlags.Exclusive, ulong stamp = 0, byte[]? payload = null, uint device = 0) =>
        ChangeAsync(Opcode.Create, directory.Shard, CreateMessage(directory, Encoding.UTF8.GetBytes(name), mode, flags, stamp, device), payload);

    public static CreateRequest CreateMessage(
        InodeId directory, ReadOnlySpan<byte> name, uint mode = 0x81A4, CreateFlags flags = CreateFlags.Exclusive, ulong stamp = 0, uint device = 0) => new()
        {
            Directory = directory,
            Name = name,
            Mode = mode,
            Uid = 1000,
            Gid = 100,
            Flags = flags,
            OpenStamp = stamp,
            DeviceNumber = device,
        };

    public Task<NodeAnswer> LookupAsync(InodeId directory, string name) =>
        AskAsync(Opcode.Lookup, directory.Shard, new LookupRequest { Directory = directory, Name = Encoding.UTF8.GetBytes(name) });

    public Task<NodeAnswer> GetAttrAsync(InodeId inode) => AskAsync(Opcode.GetAttr, inode.Shard, new InodeRequest(inode));

    public Task<NodeAnswer> UnlinkAsync(InodeId directory, string name) =>
        ChangeAsync(Opcode.Unlink, directory.Shard, new RemoveRequest { Directory = directory, Name = Encoding.UTF8.GetBytes(name) });

    public Task<NodeAnswer> RenameAsync(InodeId source, string name, InodeId target, string newName, uint flags = 0) => ChangeAsync(
        Opcode.Rename,
        source.Shard,
        new RenameRequest
        {
            SourceDirectory = source,
            SourceName = Encoding.UTF8.GetBytes(name),
            TargetDirectory = target,
            TargetName = Encoding.UTF8.GetBytes(newName),
            Flags = flags,
        });

    public Task<NodeAnswer> LinkAsync(InodeId inode, InodeId directory, string name) => ChangeAsync(
        Opcode.Link, directory.Shard, new LinkRequest { Inode = inode, Directory = directory, Name = Encoding.UTF8.GetBytes(name) });

    public Task<NodeAnswer> MkdirAsync(InodeId directory, string name) => ChangeAsync(
        Opcode.Mkdir, directory.Shard, new MkdirRequest { Directory = directory, Name = Encoding.UTF8.GetBytes(name), Mode = 0x41ED });

    public Task<NodeAnswer> ReadDirAsync(InodeId directory, ulong after = 0, uint maxBytes = 65_536, ReadDirFlags flags = ReadDirFlags.None) =>
        AskAsync(Opcode.ReadDir, directory.Shard, new ReadDirRequest(directory, default, after, maxBytes, flags));

    public Task<NodeAnswer> OpenAsync(InodeId inode, ulong stamp, OpenFlags flags = OpenFlags.None, ulong knownVersion = 0) =>
        AskAsync(Opcode.Open, inode.Shard, new OpenRequest(inode, flags, stamp, knownVersion));

    public Task<NodeAnswer> ReferencesAsync(Opcode opcode, params OpenReference[] references)
    {
        var payload = new byte[references.Length * OpenReference.WireSize];
        var writer = new WireWriter(payload);
        foreach (var reference in references)
            reference.Write(ref writer);
        return AskAsync(opcode, default, default(EmptyMessage), payload);
    }

    /// <summary>Two directories of one shard, neither of them the root, made in the root.</summary>
    public async Task<(InodeId First, InodeId Second)> DirectoriesOfOneShardAsync()
    {
        var made = new Dictionary<ShardId, InodeId>();
        for (var number = 0; ; number++)
        {
            var name = $"directory-{number}";
            var inode = (await MkdirAsync(Root, name)).As<EntryReply>().Attributes.Inode;
            if (made.TryGetValue(inode.Shard, out var other))
                return (other, inode);
            made.Add(PlacementHash.Directory(Root, Encoding.UTF8.GetBytes(name), _shardCount), inode);
        }
    }

    private int WriteHello(Span<byte> body, ConnectionAttempt attempt, ReadOnlySpan<byte> challenge)
    {
        var hello = new HelloRequest
        {
            ProtocolVersion = FrameHeader.CurrentVersion,
            Attempt = attempt,
            Role = Role,
            Generation = Generation,
            Session = Session,
            Token = Token,
            Key = ShownKey ?? Key.PublicKey,
            Proof = challenge.IsEmpty ? [] : Key.Sign(BearerStatement.Hello, Session, challenge),
        };
        var writer = new WireWriter(body);
        hello.Write(ref writer);
        return writer.Position;
    }

    private static async Task<NodeAnswer> CopyAsync(ValueTask<RpcResponse> call)
    {
        using var response = await call;
        return response.Answered
            ? new NodeAnswer(response.Status, response.Body.ToArray(), response.Payload.ToArray()) { Verifier = response.Header.Verifier }
            : new NodeAnswer(response.Status, [], []);
    }
}
