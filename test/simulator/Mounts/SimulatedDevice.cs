using System.Runtime.InteropServices;
using SealFs.Client.FileSystem;
using SealFs.Fuse;
using SealFs.Fuse.Abi;
using SealFs.Fuse.Session;
using SealFs.Fuse.Transport;

namespace SealFs.Simulator.Mounts;

/// <summary>/dev/fuse as one worker sees it: messages come in one by one, and replies go out, in the simulation's thread.</summary>
internal sealed unsafe class SimulatedDevice : IFuseTransport, IFuseObserver, IDisposable
{
    private const int Requests = 64;
    private const int Buffers = 4;
    private const int BufferBytes = 64 * 1024;

    private static readonly FuseMetrics s_metrics = new();

    private readonly RequestMemory _memory;
    private readonly BufferPool _buffers;
    private readonly RequestPool _pool;
    private readonly FuseDispatcher _dispatcher;
    private readonly FuseWorker _worker;
    private readonly Func<ulong, int, byte[], int> _replied;
    private readonly Action<string> _failed;

    /// <param name="fileSystem">What serves.</param>
    /// <param name="replied">Takes a reply: number of the request, errno, payload. Returns 0, or ENOENT when nobody waits for it.</param>
    /// <param name="failed">Told of bugs.</param>
    public SimulatedDevice(SealFileSystem fileSystem, Func<ulong, int, byte[], int> replied, Action<string> failed)
    {
        _replied = replied;
        _failed = failed;
        _memory = new RequestMemory(new RequestLayout(Requests, Buffers, BufferBytes), null);
        _buffers = new BufferPool(_memory, mayWait: false, null);
        _pool = new RequestPool(_memory, _buffers, s_metrics, static _ => { }, this) { Transport = this };
        _dispatcher = new FuseDispatcher(fileSystem, _pool);
        _worker = new FuseWorker(0, _buffers);
    }

    public int Workers => 1;

    public int Ways => 1;

    /// <summary>The kernel hands a request over.</summary>
    public void Deliver(ReadOnlySpan<byte> message)
    {
        _worker.ManagedThreadId = Environment.CurrentManagedThreadId;
        _worker.EnsureBuffer();
        var request = _pool.TryTake() ?? throw new InvalidOperationException("more requests than a simulation has");
        message.CopyTo(new Span<byte>(_worker.Buffer, BufferBytes));
        request.Attach(_worker, message.Length);
        _dispatcher.Dispatch(_worker, request);
    }

    public int Reply(FuseRequest request, byte* message, int length)
    {
        var segment = new FuseSegment(message, length);
        return Reply(request, &segment, 1);
    }

    public int Reply(FuseRequest request, FuseSegment* segments, int count)
    {
        var bytes = new List<byte>();
        for (var index = 0; index < count; index++)
            bytes.AddRange(new ReadOnlySpan<byte>(segments[index].Start, (int)segments[index].Length));
        var message = CollectionsMarshal.AsSpan(bytes);
        var header = MemoryMarshal.Read<fuse_out_header>(message);
        return _replied(header.unique & ~FuseProtocol.FUSE_UNIQUE_RESEND, -header.error, message[sizeof(fuse_out_header)..].ToArray());
    }

    public FuseExitReason Run(FuseWorker worker) => throw new NotSupportedException();

    public void Route(FuseRequest request, int way)
    {
    }

    public int Send(int way, byte* message, int length) => 0;

    public int Notify(FuseSegment* segments, int count) => 0;

    public void Wake(FuseWorker worker)
    {
    }

    public void MemoryNotLocked(int sizeBytes, int errno)
    {
    }

    public void ReplyRefused(FuseOpcode opcode, ulong unique, int errno) => _failed($"the reply to {opcode} {unique} was refused: {errno}");

    public void HandlerFailed(FuseOpcode opcode, ulong unique, Exception exception) => _failed($"{opcode} {unique}: {exception}");

    public void ReadFailed(int worker, int errno)
    {
    }

    public void RequestsTakenUp(int count)
    {
    }

    public void SessionEnded(FuseExitReason reason)
    {
    }

    public void Dispose()
    {
        _pool.Free();
        _buffers.Free();
        _memory.Dispose();
    }
}
