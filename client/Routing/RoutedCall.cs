using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using SealFs.Fuse;

namespace SealFs.Client.Routing;

/// <summary>
/// One request on its way to whichever node serves it, through every retry. Reused for ever: one belongs to each FUSE request slot, others come from
/// the router's pool. Third stop of an operation: a handler encodes the body and awaits; the answer continues it in place on the connection's receiver thread.
/// </summary>
public sealed partial class RoutedCall : IValueTaskSource<Answer>
{
    private const int NoName = -1;

    private readonly ClusterRouter _router;
    private readonly byte[] _memory = GC.AllocateUninitializedArray<byte>(Limits.BodyBytes, pinned: true);
    private readonly Action _onResponse;
    private ManualResetValueTaskSourceCore<Answer> _core;
    private ValueTaskAwaiter<RpcResponse> _awaiter;
    private RpcCall _call;
    private Payload _payload;
    private int _bodyLength;
    private long _startedMs;
    private int _allowedMs;
    private bool _isPersistent;
    private long _refusedSinceMs;
    private int _attempts;
    private int _corrections;
    private int _redirects;
    private NodeId _addressee;
    private int _partitionOffset;
    private (ulong Unique, int SlotIndex, bool IsResend)? _identity;
    private InodeId _directory;
    private ulong _nameHash;

    internal RoutedCall(ClusterRouter router)
    {
        _router = router;
        _onResponse = OnResponse;
        _allowedMs = router.OperationTimeoutMs;
    }

    /// <summary>The kernel request that is being served, or null for work of the client's own.</summary>
    public FuseRequest? Request { get; private set; }

    /// <summary>Mutations made so far on behalf of the request.</summary>
    private int Step { get; set; }

    /// <summary>Begins to serve a kernel request.</summary>
    public RoutedCall Begin(FuseRequest? request)
    {
        Request = request;
        _identity = request is null ? null : (request.StableUnique, request.SlotIndex, request.IsResend);
        Step = 0;
        _allowedMs = _router.OperationTimeoutMs;
        _isPersistent = false;
        return this;
    }

    /// <summary>
    /// A node that is away is waited for as long as the session lives: nothing that an application was told to be written is given up because of it. Only an interrupt and the end of the mount
    /// end the wait, and nodes that refuse the session for the time allowed.
    /// </summary>
    public RoutedCall Persist()
    {
        _isPersistent = true;
        return this;
    }

    /// <summary>Begins to serve a request that does not come from a kernel and has a number and a slot all the same.</summary>
    internal RoutedCall Begin(ulong unique, int slotIndex, bool isResend = false)
    {
        Begin(null);
        _identity = (unique, slotIndex, isResend);
        return this;
    }

    /// <summary>Encodes the body of the next request.</summary>
    public void Encode<T>(in T message)
        where T : struct, IWireMessage<T>, allows ref struct
    {
        var writer = new WireWriter(_memory);
        message.Write(ref writer);
        _bodyLength = writer.Position;
        _payload = default;
        _call = default;
    }

    /// <summary>Native bytes that go with the request, borrowed until its answer.</summary>
    public void SetPayload(nint address, int length) => _payload = new Payload(address, length);

    /// <summary>Native memory for the answer's payload; without it the payload stays in the receive buffer.</summary>
    public void SetReplyBuffer(nint address, int length)
    {
        _call.ReplyPayloadBuffer = address;
        _call.ReplyPayloadLength = length;
    }

    /// <summary>Sends what was encoded to the node that serves a shard.</summary>
    public ValueTask<Answer> SendAsync(Opcode opcode, ShardId shard)
    {
        _partitionOffset = NoName;
        return StartAsync(opcode, shard);
    }

    /// <summary>Sends what concerns a node and none of its shards. EIO when the node has left the cluster.</summary>
    public ValueTask<Answer> SendToNodeAsync(Opcode opcode, NodeId node)
    {
        _partitionOffset = NoName;
        return StartAsync(opcode, default, node);
    }

    /// <summary>Sends a mutation that the servers remember the answer of.</summary>
    public ValueTask<Answer> SendMutationAsync(Opcode opcode, ShardId shard)
    {
        _partitionOffset = NoName;
        Identify();
        return StartAsync(opcode, shard);
    }

    /// <summary>Sends what concerns a name: to the partition that holds it, which is written into the body here and corrected by the servers.</summary>
    /// <param name="opcode">What to ask.</param>
    /// <param name="directory">The directory that holds the name.</param>
    /// <param name="name">The name.</param>
    /// <param name="partitionOffset">Where in the body the partition stands.</param>
    /// <param name="mutation">True for what changes something.</param>
    public ValueTask<Answer> SendNamedAsync(Opcode opcode, InodeId directory, ReadOnlySpan<byte> name, int partitionOffset, bool mutation)
    {
        _partitionOffset = partitionOffset;
        _directory = directory;
        _nameHash = PlacementHash.Name(name);
        _corrections = 0;
        if (mutation)
            Identify();
        return StartAsync(opcode, PointAtPartition());
    }

    /// <summary>As <see cref="SendNamedAsync"/>, of a mutation that may add the name. <see cref="Added"/> follows.</summary>
    public ValueTask<Answer> SendAddingAsync(Opcode opcode, InodeId directory, ReadOnlySpan<byte> name, int partitionOffset)
    {
        _router.Names.Sending(directory, PlacementHash.Name(name));
        return SendNamedAsync(opcode, directory, name, partitionOffset, mutation: true);
    }

    /// <summary>The mutation that may have added a name to the directory was answered, with this lease or none. The answer to a repetition may be an old one.</summary>
    public void Added(InodeId directory, NameLease lease = default) =>
        _router.Names.Answered(directory, WasRepeated || _call.Resent ? default : lease, _startedMs);

    /// <summary>Sends what concerns a place in a directory's listing, to the partition whose range holds the position.</summary>
    public ValueTask<Answer> SendPositionedAsync(Opcode opcode, InodeId directory, ulong position, int partitionOffset)
    {
        _partitionOffset = partitionOffset;
        _directory = directory;
        _nameHash = DirectoryPosition.ReverseBits(position << 1);
        _corrections = 0;
        return StartAsync(opcode, PointAtPartition());
    }

    /// <summary>The node that answered.</summary>
    public NodeId Node { get; private set; }

    /// <summary>It was sent more than once.</summary>
    internal bool WasRepeated => _attempts + _redirects > 0;

    /// <summary>The partition that answered.</summary>
    public PartitionIndex Partition => new(MemoryMarshal.Read<uint>(_memory.AsSpan(_partitionOffset)));

    /// <summary>Names the second name of a rename: its partition is written into the body too. The servers correct it among themselves. <see cref="Added"/> follows.</summary>
    public void SetSecondName(InodeId directory, ReadOnlySpan<byte> name, int partitionOffset)
    {
        var hash = PlacementHash.Name(name);
        _router.Names.Sending(directory, hash);
        SetPartition(partitionOffset, _router.Partitions.Find(directory, hash));
    }

    Answer IValueTaskSource<Answer>.GetResult(short token)
    {
        var answer = _core.GetResult(token);
        _core.Reset();
        return answer;
    }

    ValueTaskSourceStatus IValueTaskSource<Answer>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<Answer>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);

    /// <summary>Gives the mutation its identity: derived from the kernel's own number, so that a repeated request has the same.</summary>
    private void Identify()
    {
        var (unique, slotIndex, isResend) = _identity ?? throw new InvalidOperationException("a mutation without a kernel request has no identity");
        if (Step == Limits.StepsPerRequest)
            throw new InvalidOperationException("a kernel request caused too many mutations");
        _call.Sequence = new(unique * Limits.StepsPerRequest + (uint)Step + 1);
        _call.Slot = (ushort)(slotIndex * Limits.StepsPerRequest + Step);
        _call.Resent = isResend;
        Step++;
    }

    private ValueTask<Answer> StartAsync(Opcode opcode, ShardId shard, NodeId addressee = default)
    {
        _call.Opcode = opcode;
        _call.Shard = shard;
        _addressee = addressee;
        _attempts = _redirects = 0;
        _startedMs = _router.Execution.NowMs;
        _refusedSinceMs = long.MaxValue;
        if (_call.Resent && _router.HasLostSession)
            _core.SetResult(new Answer(Errno.EIO));
        else
            Send();
        return new ValueTask<Answer>(this, _core.Version);
    }

    private void Send()
    {
        var left = _startedMs + _allowedMs - _router.Execution.NowMs;
        _call.TimeoutMs = _isPersistent ? Limits.AttemptTimeoutMs : (uint)Math.Clamp(left, 1, Limits.AttemptTimeoutMs);
        _call.Session = _router.Session;
        _call.Volume = _router.Volume;
        _call.Generation = _router.Generation;
        if (_router.SessionEnded)
        {
            _core.SetResult(new Answer(Errno.EIO));
            return;
        }
        var connection = Resolve();
        if (connection is null)
        {
            if (_addressee != default)
                _core.SetResult(new Answer(Errno.EIO));
            else
                RetryLater(new Answer(Errno.EIO), Errno.WrongEpoch);
            return;
        }
#pragma warning disable CA2012 // The task is consumed exactly once, through the awaiter kept in the field.
        _awaiter = connection.CallAsync(in _call, _memory.AsSpan(0, _bodyLength), _payload).GetAwaiter();
#pragma warning restore CA2012
        if (_awaiter.IsCompleted)
            OnResponse();
        else
            _awaiter.UnsafeOnCompleted(_onResponse);
    }

    private RpcChannel? Resolve()
    {
        if (_addressee == default)
        {
            var connection = _router.Resolve(_call.Shard, _payload.Length, out _call.Epoch, out var primary);
            Node = primary;
            return connection;
        }
        Node = _addressee;
        return _router.Resolve(_addressee, _payload.Length);
    }

    private void OnResponse()
    {
        var response = _awaiter.GetResult();
        _awaiter = default;
        if (response.Answered)
            _router.NoteVerifier(response.Header.Shard, response.Header.Verifier);
        switch (response.Status)
        {
            case Errno.WrongPartition when _partitionOffset != NoName && Correct(in response):
                Send();
                return;
            case Errno.WrongPartition when _partitionOffset != NoName:
                // The server is behind what this client has seen: the split is still under way, or was lost.
                SearchAgain();
                RetryLater(new Answer(in response), response.Status);
                return;
            case Errno.Disconnected or Errno.ETIMEDOUT when !response.Answered:
                _call.Resent |= _call.Sequence.Value != 0;
                RetryLater(new Answer(in response), response.Status);
                return;
            case Errno.WrongEpoch when IsRedirected(in response):
                _call.Resent |= _call.Sequence.Value != 0;
                Send();
                return;
            case Errno.WrongEpoch:
                _call.Resent |= _call.Sequence.Value != 0;
                RetryLater(new Answer(in response), response.Status);
                return;
            case Errno.Busy or Errno.SessionRefused:
                RetryLater(new Answer(in response), response.Status);
                return;
            default:
                var answer = new Answer(in response);
                if (answer.Status == Errno.EIO)
                    _router.LogUnexpected(_call.Opcode, _call.Shard, _call.Resent, response.Status);
                _core.SetResult(answer);
                return;
        }
    }

    /// <summary>Learns from a WrongPartition; false when it changes nothing or there were too many.</summary>
    private bool Correct(in RpcResponse response)
    {
        if (!response.TryRead(out PartitionHint hint) || ++_corrections > Limits.PartitionCorrections)
            return false;
        var asked = MemoryMarshal.Read<uint>(_memory.AsSpan(_partitionOffset));
        _router.Partitions.Learn(_directory, new(asked), hint.Depth);
        _call.Shard = PointAtPartition();
        if (asked == MemoryMarshal.Read<uint>(_memory.AsSpan(_partitionOffset)))
            return false;
        response.Dispose();
        _router.Metrics.Correction();
        return true;
    }

    private void SearchAgain()
    {
        _router.Partitions.Forget(_directory, _nameHash);
        _corrections = 0;
        _call.Shard = PointAtPartition();
    }

    /// <summary>
    /// Learns from a WrongEpoch; true when this client knows better than when it sent the request, by that answer or by a map that came meanwhile. A mutation
    /// may have been decided before its shard left, with something yet to be done: it comes again as one that was sent before, and the new owner has its answer. Two nodes that name each other are asked a few times, and then as seldom as any that is not ready.
    /// </summary>
    private bool IsRedirected(in RpcResponse response)
    {
        if (response.TryRead(out EpochHint hint))
            _router.Learn(_call.Shard, in hint);
        if (_router.EpochOf(_call.Shard) <= _call.Epoch || ++_redirects > Limits.EpochCorrections)
            return false;
        response.Dispose();
        _attempts = 0;
        _router.Metrics.Redirect();
        return true;
    }

    private void SetPartition(int offset, PartitionIndex partition) => MemoryMarshal.Write(_memory.AsSpan(offset), partition.Value);

    private ShardId PointAtPartition()
    {
        var partition = _router.Partitions.Find(_directory, _nameHash);
        SetPartition(_partitionOffset, partition);
        return PlacementHash.Partition(_directory, partition, _router.ShardCount);
    }

    /// <summary>Repeats the request after a pause, or gives up: with the last answer when the time is over, with EINTR when nobody waits any more.</summary>
    private void RetryLater(Answer last, Errno status)
    {
        var waitedMs = _router.Execution.NowMs - _startedMs;
        if ((Request is { IsInterrupted: true } && waitedMs >= Limits.InterruptibleAfterMs) || _router.IsStopping)
        {
            last.Dispose();
            _core.SetResult(new Answer(_router.IsStopping ? Errno.EIO : Errno.EINTR));
            return;
        }
        if (_router.SessionEnded)
        {
            last.Dispose();
            _core.SetResult(new Answer(Errno.EIO));
            return;
        }
        if (waitedMs >= _allowedMs && MayGiveUp(status))
        {
            _router.LogGaveUp(_call.Opcode, _call.Shard, status);
            _core.SetResult(last);
            return;
        }
        last.Dispose();
        _router.Metrics.Retry();
        _ = SendAfterAsync(NextPauseMs(status));
    }

    private bool MayGiveUp(Errno status)
    {
        if (!_isPersistent)
            return true;
        if (status != Errno.SessionRefused)
        {
            _refusedSinceMs = long.MaxValue;
            _router.NoteWaiting(_call.Opcode, _call.Shard, status);
            return false;
        }
        var nowMs = _router.Execution.NowMs;
        _refusedSinceMs = Math.Min(_refusedSinceMs, nowMs);
        return nowMs - _refusedSinceMs >= _allowedMs;
    }

    /// <summary>
    /// Pauses double. Those before a node that does not serve the shard yet stay short for as long as a shard may change its node: a longer one would be added to the
    /// pause that the application sees.
    /// </summary>
    private int NextPauseMs(Errno status)
    {
        var doublings = _attempts++;
        if (status is Errno.WrongEpoch or Errno.Busy)
            doublings = Math.Max(Math.Min(doublings, Limits.QuickRetryDoublings), doublings - Limits.QuickRetries);
        return Math.Min(Limits.FirstRetryMs << Math.Min(doublings, 10), Limits.LongestRetryMs);
    }

    private async Task SendAfterAsync(int pauseMs)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(pauseMs), _router.Execution.Time);
        Send();
    }
}
