using System.Diagnostics;
using SealFs.Fuse.Abi;
using SealFs.Fuse.Session;

namespace SealFs.Fuse;

/// <summary>
/// A request read from the kernel. It is pooled and owns its native memory, and stays valid until one of the Reply methods is called:
/// exactly once, from any thread, at any later time. After that call nothing of it may be touched.
/// </summary>
/// <remarks>
/// Second stop of a request on its way: the transport fills it, <see cref="FuseFileSystem"/> receives it.
/// A small message lives in the request's own slot, so that thousands may wait; only a large one (a WRITE) keeps a large buffer.
/// </remarks>
public sealed unsafe partial class FuseRequest
{
    private readonly RequestPool _pool;
    private readonly byte* _slot;
    private byte* _message;
    private byte* _messageBuffer;
    private byte* _replyBuffer;
    private int _messageLength;
    private byte* _name;
    private byte* _name2;
    private int _nameLength;
    private int _name2Length;
    private FuseWorker? _worker;
    private bool _wasLeft;

    internal FuseRequest(RequestPool pool, int slotIndex, byte* slot)
    {
        _pool = pool;
        _slot = slot;
        _message = slot;
        SlotIndex = slotIndex;
    }

    /// <summary>Dense number of the pooled object, from 0 to <see cref="FuseSessionOptions.MaxRequests"/> - 1: an index for tables of the file system.</summary>
    public int SlotIndex { get; }

    /// <summary>Number of the worker that read the request, from 0.</summary>
    public int Worker => _worker!.Index;

    /// <summary>The kernel's number of this request, opaque: it goes into the reply as it came, bit 63 included.</summary>
    public ulong Unique => Header->unique;

    /// <summary>
    /// True when the kernel sends this request again (FUSE_NOTIFY_RESEND), or it was found where a predecessor had read it: an earlier daemon may have executed it.
    /// </summary>
    public bool IsResend => _wasLeft || (Header->unique & FuseProtocol.FUSE_UNIQUE_RESEND) != 0;

    /// <summary>The same for a request and its repetition: what sequence numbers of mutations are derived from.</summary>
    public ulong StableUnique => Header->unique & ~FuseProtocol.FUSE_UNIQUE_RESEND;

    public FuseOpcode Opcode => Header->opcode;

    public ulong NodeId => Header->nodeid;

    public uint Uid => Header->uid;

    public uint Gid => Header->gid;

    /// <summary>Thread id of the caller; 0 for requests the kernel makes on its own (write-back, read-ahead).</summary>
    public uint Pid => Header->pid;

    /// <summary>Everything after the header.</summary>
    public ReadOnlySpan<byte> Body => new(_message + sizeof(fuse_in_header), _messageLength - sizeof(fuse_in_header));

    /// <summary>The first name, without its NUL; empty for operations that carry none.</summary>
    public ReadOnlySpan<byte> Name => new(_name, _nameLength);

    /// <summary>The second name: the new name of a rename, the target of a symlink.</summary>
    public ReadOnlySpan<byte> Name2 => new(_name2, _name2Length);

    /// <summary>What follows the names: the bytes of a WRITE, the value of a SETXATTR, the input of an IOCTL. Native, valid until the reply.</summary>
    public byte* Data { get; private set; }

    /// <summary>Length of <see cref="Data"/> in bytes.</summary>
    public int DataLength { get; private set; }

    /// <summary>A slot for the file system. It survives the recycling of the request, so that a context made once serves for ever without an allocation.</summary>
    public object? State { get; set; }

    /// <summary>Of the transport: where the reply goes.</summary>
    internal int TransportTag { get; set; }

    private fuse_in_header* Header => (fuse_in_header*)_message;

    /// <summary>The fixed structure at the start of the body.</summary>
    public ref readonly T In<T>() where T : unmanaged
    {
        if (_messageLength - sizeof(fuse_in_header) < sizeof(T)) throw new InvalidOperationException($"{Opcode} is too short for {typeof(T).Name}");
        return ref *(T*)(_message + sizeof(fuse_in_header));
    }

    /// <summary>Takes over a message that lies in the worker's large buffer: copied when small, else the buffer goes with it.</summary>
    /// <remarks>
    /// Where a successor looks for messages, the buffer must not keep a copy that a reply overwrites in part: it is made no message, in one store, once the slot has it.
    /// </remarks>
    internal void Attach(FuseWorker worker, int length)
    {
        var source = worker.Buffer;
        if (length <= Limits.InlineMessageBytes)
        {
            Buffer.MemoryCopy(source, _slot, Limits.InlineMessageBytes, length);
            _message = _slot;
            if (_pool.MessagesOutlive) Volatile.Write(ref *(ulong*)source, 0);
        }
        else
        {
            _message = source;
            _messageBuffer = worker.ReleaseBuffer();
        }
        Begin(worker, length, wasLeft: false);
    }

    /// <summary>The message in the slot, whatever became of it: a header of nulls where there never was one.</summary>
    internal fuse_in_header* Left => (fuse_in_header*)_slot;

    /// <summary>Goes on with a message that a predecessor had not answered: the one in the slot, or one in a large buffer, which goes with it.</summary>
    internal void TakeUp(FuseWorker worker, byte* buffer)
    {
        _messageBuffer = buffer;
        _message = buffer != null ? buffer : _slot;
        Begin(worker, (int)Header->len, wasLeft: true);
    }

    private void Begin(FuseWorker worker, int length, bool wasLeft)
    {
        _worker = worker;
        _messageLength = length;
        _wasLeft = wasLeft;
        ParseNames();
        Begin();
    }

    private void ParseNames()
    {
        var opcode = Opcode;
        var cursor = _message + sizeof(fuse_in_header) + OpcodeLayout.FixedBytes(opcode);
        var end = _message + _messageLength;
        _name = _name2 = null;
        _nameLength = _name2Length = 0;
        var names = OpcodeLayout.Names(opcode);
        if (names > 0) cursor = TakeName(cursor, end, out _name, out _nameLength);
        if (names > 1) cursor = TakeName(cursor, end, out _name2, out _name2Length);
        var hasData = OpcodeLayout.HasData(opcode);
        Debug.Assert(cursor <= end, "a message ended inside its fixed structure");
        Data = hasData ? cursor : null;
        DataLength = hasData ? (int)(end - cursor) : 0;
    }

    private byte* TakeName(byte* cursor, byte* end, out byte* name, out int length)
    {
        length = cursor < end ? new ReadOnlySpan<byte>(cursor, (int)(end - cursor)).IndexOf((byte)0) : -1;
        if (length < 0) throw new InvalidDataException($"{Opcode} carries a name without its end");
        name = cursor;
        return cursor + length + 1;
    }
}
