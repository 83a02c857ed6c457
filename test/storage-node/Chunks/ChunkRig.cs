using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Core;
using SealFs.StorageNode.Chunks;
using Xunit;

namespace SealFs.StorageNode.Tests.Chunks;

/// <summary>A chunk table over a temporary directory, with records in memory that outlive a restart of the table.</summary>
public sealed unsafe class ChunkRig : IChunkRecords, IDisposable
{
    public static readonly ChunkKey Key = new(new ShardId(3), new VolumeId(1), new InodeId(0x300000100000), new ChunkIndex(0));

    private readonly byte* _memory = (byte*)NativeMemory.AlignedAlloc(ChunkLimits.MaxChunkBytes + 8192, 4096);

    private readonly TimeProvider _time;

    public ChunkRig(int openHandles = 16, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        Directory = System.IO.Directory.CreateTempSubdirectory("sealfs-chunks-").FullName;
        OpenHandles = openHandles;
        Store = new FileChunkStore(Directory, Device, openHandles);
        Table = new ChunkTable(Store, this, NullLogger.Instance, _time);
    }

    public string Directory { get; }

    public int OpenHandles { get; }

    public MisbehavingDevice Device { get; } = new();

    public FileChunkStore Store { get; private set; }

    public ChunkTable Table { get; private set; }

    public ConcurrentDictionary<ChunkKey, byte[]> Stored { get; } = [];

    /// <summary>Usage as it follows from the changes.</summary>
    public long Usage { get; private set; }

    public bool RefuseRecords { get; set; }

    /// <summary>The next restart is one after a loss of power.</summary>
    public bool SetsAside { get; set; }

    /// <summary>The shard is served elsewhere.</summary>
    public bool IsGone { get; set; }

    public int RecordWrites { get; private set; }

    /// <summary>While this is true no record reaches the disk by itself.</summary>
    public bool HoldsSyncs { get; set; }

    private readonly List<Action> _afterSync = [];

    /// <summary>Records as a loss of power leaves them.</summary>
    public Dictionary<ChunkKey, byte[]> Durable { get; } = [];

    /// <summary>How often somebody waited for the records.</summary>
    public int Syncs { get; private set; }

    public Errno Sync()
    {
        Syncs++;
        Durable.Clear();
        foreach (var (key, record) in Stored)
            Durable[key] = record;
        return Errno.None;
    }

    public void AfterNextSync(Action callback)
    {
        _afterSync.Add(callback);
        if (!HoldsSyncs)
            ReachDisk();
    }

    /// <summary>The interval's sync of the records.</summary>
    public void ReachDisk()
    {
        Sync();
        var callbacks = _afterSync.ToArray();
        _afterSync.Clear();
        foreach (var callback in callbacks)
            callback();
    }

    /// <summary>The machine loses power: the records are those of the last sync.</summary>
    public void LosePower(Random random)
    {
        Stored.Clear();
        foreach (var (key, record) in Durable)
            Stored[key] = record;
        _afterSync.Clear();
        Store.Dispose();
        Device.Files!.LosePower(random);
        Open();
    }

    public int Read(in ChunkKey key, Span<byte> target)
    {
        if (IsGone)
            return -1;
        if (!Stored.TryGetValue(key, out var record))
            return 0;
        record.CopyTo(target);
        return record.Length;
    }

    public bool Replace(in ChunkKey key, ReadOnlySpan<byte> record)
    {
        if (RefuseRecords)
            return false;
        RecordWrites++;
        Stored[key] = record.ToArray();
        return true;
    }

    /// <summary>As after a kill: nothing that was only in memory is left.</summary>
    public void Restart()
    {
        Store.Dispose();
        _afterSync.Clear();
        Open();
    }

    private void Open()
    {
        Store = new FileChunkStore(Directory, Device, OpenHandles) { SetsAside = SetsAside };
        Table = new ChunkTable(Store, this, NullLogger.Instance, _time) { BytesMayBeLost = BytesMayBeLost };
    }

    /// <summary>From the next start on.</summary>
    public bool BytesMayBeLost { get; set; }

    public Errno Write(uint offset, ReadOnlySpan<byte> data) => Write(Key, offset, data);

    public Errno Write(in ChunkKey key, uint offset, ReadOnlySpan<byte> data, uint generation = 0)
    {
        data.CopyTo(new Span<byte>(_memory, data.Length));
        var chunk = Table.Acquire(key);
        chunk.Enter();
        try
        {
            var error = chunk.EnsureLoaded();
            if (error == Errno.None && generation != 0)
                error = chunk.StartAs(generation);
            if (error == Errno.None)
                error = chunk.Prepare(offset, (uint)data.Length, adds: true);
            if (error != Errno.None)
                return error;
            var change = chunk.BeginWrite(offset, (uint)data.Length, _memory);
            Record(chunk, change);
            error = chunk.Write(change, _memory);
            if (error != Errno.None)
            {
                Usage += chunk.RollBack(change);
                Put(chunk);
            }

            return error;
        }
        finally
        {
            chunk.Exit();
            Table.Release(chunk);
        }
    }

    public (Errno Error, byte[] Data) ReadBytes(uint offset, uint length) => ReadBytes(Key, offset, length);

    public (Errno Error, byte[] Data) ReadBytes(in ChunkKey key, uint offset, uint length)
    {
        var chunk = Table.Acquire(key);
        chunk.Enter();
        try
        {
            var error = chunk.EnsureLoaded();
            var start = Chunk.AlignDown(offset);
            if (error == Errno.None)
                error = chunk.Read(start, _memory, Chunk.AlignUp(offset + length) - start);
            return (error, new Span<byte>(_memory + (offset - start), (int)length).ToArray());
        }
        finally
        {
            chunk.Exit();
            Table.Release(chunk);
        }
    }

    public Errno Truncate(uint length) => Change(
        chunk => chunk.Prepare(length, ChunkLimits.BlockBytes - (length % ChunkLimits.BlockBytes), adds: false),
        chunk => chunk.BeginTruncate(length),
        (chunk, change) => chunk.Truncate(change));

    public Errno Punch(uint offset, uint length) => Change(
        chunk => chunk.PreparePunch(offset, length) is not Errno.None and var error ? error : chunk.Prepare(offset, length, adds: false),
        chunk => chunk.BeginPunch(offset, length),
        (chunk, change) => chunk.Punch(change));

    public Errno Allocate(uint offset, uint length, bool keep) => Change(
        chunk => chunk.Prepare(offset, length, adds: true),
        chunk => chunk.BeginAllocate(offset, length, keep),
        (chunk, change) => chunk.Allocate(change, keep));

    /// <summary>The record goes, and the bytes.</summary>
    public void Remove()
    {
        var chunk = Table.Acquire(Key);
        chunk.Enter();
        Assert.Equal(Errno.None, chunk.EnsureLoaded());
        Usage -= chunk.Accounted;
        Stored.TryRemove(Key, out _);
        chunk.Remove();
        chunk.Exit();
        Table.Release(chunk);
    }

    public string PathOf(in ChunkKey key)
    {
        var name = $"{key.Inode.Value:x16}.{key.Chunk.Value}";
        return System.IO.Directory.EnumerateFiles(Directory, name, SearchOption.AllDirectories).Single();
    }

    public void Dispose()
    {
        Store.Dispose();
        NativeMemory.AlignedFree(_memory);
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private Errno Change(Func<Chunk, Errno> prepare, Func<Chunk, ChunkChange> begin, Func<Chunk, ChunkChange, Errno> apply)
    {
        var chunk = Table.Acquire(Key);
        chunk.Enter();
        try
        {
            var error = chunk.EnsureLoaded();
            if (error == Errno.None)
                error = prepare(chunk);
            if (error != Errno.None)
                return error;
            var change = begin(chunk);
            Record(chunk, change);
            error = apply(chunk, change);
            if (error != Errno.None)
            {
                Usage += chunk.RollBack(change);
                Put(chunk);
            }

            return error;
        }
        finally
        {
            chunk.Exit();
            Table.Release(chunk);
        }
    }

    private void Record(Chunk chunk, in ChunkChange change)
    {
        Usage += change.AccountedDelta;
        if (change.RecordChanged)
            Put(chunk);
    }

    private void Put(Chunk chunk)
    {
        Span<byte> record = stackalloc byte[ChunkRecord.MaxBytes];
        RecordWrites++;
        Stored[chunk.Key] = record[..chunk.Encode(record)].ToArray();
    }
}
