using SealFs.Core;
using SealFs.Core.Rpc;

namespace SealFs.Client.Buffering;

/// <summary>The memory that reading ahead may use, over all files.</summary>
internal sealed class ReadBudget(long limitBytes, TimeProvider time)
{
    private long _usedBytes;

    /// <summary>Milliseconds of the clock by which blocks age.</summary>
    public long NowMs => time.Milliseconds();

    public long UsedBytes => Volatile.Read(ref _usedBytes);

    /// <summary>A block with memory, or null when the limit is reached.</summary>
    public ReadBlock? TryTake(ulong offset, int length)
    {
        if (Interlocked.Add(ref _usedBytes, length) <= limitBytes)
            return new ReadBlock(offset, length, RpcBuffer.Rent(length), NowMs);
        Interlocked.Add(ref _usedBytes, -length);
        return null;
    }

    /// <summary>The block is in no list any more. Readers may still hold references to its memory.</summary>
    public void Return(ReadBlock block)
    {
        block.Buffer.Dispose();
        Interlocked.Add(ref _usedBytes, -block.Length);
    }
}
