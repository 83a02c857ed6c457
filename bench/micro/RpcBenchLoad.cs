using System.Runtime.CompilerServices;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;

namespace SealFs.Bench;

/// <summary>Keeps a number of requests in flight: each answer, on the receiver's thread, sends the next request.</summary>
internal sealed class RpcBenchLoad(RpcConnection connection, int depth)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _stop;
    private long _completed;
    private int _running = depth;

    public long Completed => Volatile.Read(ref _completed);

    public async Task RunAsync(TimeSpan time)
    {
        for (var index = _running; index > 0; index--)
            _ = LoopAsync((ulong)index);
        await Task.Delay(time);
        _stop = true;
        await _done.Task;
    }

    private async Task LoopAsync(ulong inode)
    {
        var call = new RpcCall { Opcode = Opcode.GetAttr };
        while (!_stop)
        {
            using var response = await connection.CallAsync(in call, new InodeRequest(new InodeId(inode)));
            if (response.Status != Errno.None)
                throw new InvalidOperationException($"the server answered {response.Status}");
            Interlocked.Increment(ref _completed);
        }

        if (Interlocked.Decrement(ref _running) == 0)
            _done.SetResult();
    }
}
