using System.Runtime.CompilerServices;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Sessions;

namespace SealFs.StorageNode.Shards;

/// <summary>
/// One request on its way through the node, from the dispatcher to its answer. Exactly one reply is given; after it the object serves another request, so
/// nobody may touch it any more. A reply that comes too late all the same is counted and dropped. A handler that runs with the gate held replies, parks (<see cref="ParkIfLocked(LockKey)"/>) or goes on after the gate was
/// left (<see cref="ContinueOutsideGate"/>); it never hands the request to another thread itself.
/// </summary>
public sealed unsafe partial class NodeRequest
{
    private readonly byte[] _ownBody = new byte[NodeLimits.ReplyBodyBytes];
    private byte[] _body;
    private IRequestSource _source = null!;
    private Operation _operation = null!;
    private Shard? _shard;
    private ulong _locksBefore;
    private int _life;
    private int _isAnswered = 1;
    private bool _mayBeHeld;

    internal NodeRequest(NodeContext node)
    {
        Node = node;
        _body = _ownBody;
    }

    public NodeContext Node { get; }

    /// <summary>The shard it is addressed to.</summary>
    /// <exception cref="InvalidOperationException">It is addressed to the node.</exception>
    public Shard Shard => _shard ?? throw new InvalidOperationException("The request is addressed to the node, not to a shard.");

    /// <summary>Who asks.</summary>
    public Session Session { get; private set; } = null!;

    public ref readonly FrameHeader Header => ref _source.Header;

    public Opcode Opcode => _source.Header.Opcode;

    public VolumeId Volume => _source.Header.Volume;

    /// <summary>The session that a mutation is counted in: the client's, also when a node passes it on.</summary>
    public SessionId SessionId => _source.Header.Session;

    public Sequence Sequence => _source.Header.Sequence;

    public ReadOnlySpan<byte> Payload => new(_source.Payload, _source.PayloadLength);

    public byte* PayloadPointer => _source.Payload;

    public int PayloadLength => _source.PayloadLength;

    /// <summary>True when the answer is to be kept in the memory of answers.</summary>
    public bool HasAnswerSlot => Sequence.Value != 0 && _operation.IsRemembered;

    /// <summary>True when this is one part of a compound: it cannot wait, go on outside of the gate, or answer with a payload.</summary>
    public bool IsPart { get; private set; }

    internal Operation Operation => _operation;

    internal ReadOnlySpan<byte> Body => _source.Body;

    internal NodeRequest? NextAttached { get; set; }

    /// <summary>Reads the body. When it is malformed the request was answered already.</summary>
    public bool TryRead<T>(out T message)
        where T : struct, IWireMessage<T>, allows ref struct
    {
        var reader = new WireReader(_source.Body);
#pragma warning disable CS9091 // A message holds spans of the frame, never a reference to the reader.
        if (T.TryRead(ref reader, out message))
            return true;
#pragma warning restore CS9091
        Reply(Errno.Malformed);
        return false;
    }

    internal bool IsAnswered => Volatile.Read(ref _isAnswered) != 0;

    /// <summary>Which of the requests that this object has served and will serve. Remembered by whoever may have to answer for a handler that failed (<see cref="FailUnlessAnswered"/>).</summary>
    internal int Life => Volatile.Read(ref _life);

    internal void Bind(IRequestSource source, Session session, Operation operation, Shard? shard)
    {
        _mayBeHeld = false;
        Volatile.Write(ref _isAnswered, 0);
        _source = source;
        Session = session;
        _operation = operation;
        _shard = shard;
        _state = State.Running;
        IsPart = source is CompoundPart;
        _gated = false;
        _pending = false;
        _locksBefore = 0;
        _continuation = null;
        _rented = null;
        _startTimestamp = System.Diagnostics.Stopwatch.GetTimestamp();
        NextAttached = null;
        if (operation.Opcode == Opcode.Compound)
            TakeAnswers();
    }
}
