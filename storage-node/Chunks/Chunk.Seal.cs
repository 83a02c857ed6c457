using System.Numerics;
using SealFs.Core;

namespace SealFs.StorageNode.Chunks;

/// <summary>From dirty to clean: remember which blocks are dirty, fdatasync(2), then store the sums of those that nobody wrote to since.</summary>
public sealed unsafe partial class Chunk
{
    private ulong _sealing;

    /// <summary>Before the data is made durable. False when there is nothing to do.</summary>
    internal bool BeginSeal()
    {
        _sealing = Dirty;
        _writtenSinceSeal = 0;
        return Dirty != 0;
    }

    /// <summary>After the data is durable: stores the record with the sums.</summary>
    internal Errno CompleteSeal()
    {
        if (IsDoomed)
            return Errno.WrongEpoch;
        var ready = _sealing & Dirty & ~_writtenSinceSeal;
        for (var rest = ready & _accept; rest != 0; rest &= rest - 1)
        {
            var error = LoadBlock(BitOperations.TrailingZeroCount(rest));
            if (error != Errno.None)
                return error;
        }

        if (ready == 0)
            return Errno.None;
        var before = State;
        Dirty &= ~ready;
        _first.Keep(Dirty);
        _tailsBefore = _tails;
        RestrictTails(Dirty);
        var sumsMayBeOld = _sumsMayBeOld;
        if (Dirty == 0)
        {
            _limit = Length;
            _sumsMayBeOld = false;
        }

        Span<byte> record = stackalloc byte[ChunkRecord.MaxBytes];
        var isStored = false;
        try
        {
            isStored = _table.Records.Replace(Key, record[..Encode(record)]);
        }
        finally
        {
            if (!isStored)
            {
                Dirty = before.Dirty;
                _limit = before.Limit;
                _tails = _tailsBefore;
                _sumsMayBeOld = sumsMayBeOld;
            }
        }

        return isStored ? Errno.None : Errno.WrongEpoch;
    }
}
