using SealFs.Core;
using SealFs.Core.Messages;

namespace SealFs.Client.Tests.Fakes;

/// <summary>A file of a <see cref="FakeNode"/>. Data become visible when the size is committed.</summary>
internal sealed class FakeFile(InodeId inode)
{
    private byte[] _bytes = [];
    private byte[] _durableBytes = [];
    private ulong _durableSizeBytes;
    private Dictionary<ulong, ulong> _durableRuns = [];
    private ulong _durableAppendsEndBytes;

    public byte[] Bytes => _bytes;

    public ulong SizeBytes { get; private set; }

    /// <summary>Where appends were placed, by their numbers.</summary>
    public Dictionary<ulong, ulong> Runs { get; private set; } = [];

    /// <summary>Up to here room was given away.</summary>
    public ulong AppendsEndBytes { get; set; }

    public long ModifyTimeNs { get; private set; }

    public ulong Version { get; private set; } = 1;

    public void Put(ulong offset, ReadOnlySpan<byte> data)
    {
        var end = (int)offset + data.Length;
        if (_bytes.Length < end)
            Array.Resize(ref _bytes, end);
        data.CopyTo(_bytes.AsSpan((int)offset));
    }

    public void Commit(ulong sizeAtLeast, long timeNs)
    {
        SizeBytes = Math.Max(SizeBytes, sizeAtLeast);
        ModifyTimeNs = timeNs;
        Version++;
    }

    /// <summary>What is there now survives a loss of power.</summary>
    public void Sync()
    {
        (_durableBytes, _durableSizeBytes) = ([.. _bytes], SizeBytes);
        (_durableRuns, _durableAppendsEndBytes) = (new(Runs), AppendsEndBytes);
    }

    public void LosePower()
    {
        (_bytes, SizeBytes) = ([.. _durableBytes], _durableSizeBytes);
        (Runs, AppendsEndBytes) = (new(_durableRuns), _durableAppendsEndBytes);
    }

    public InodeAttributes Attributes() => new()
    {
        Inode = inode,
        SizeBytes = SizeBytes,
        ModifyTimeNs = ModifyTimeNs,
        Version = Version,
        Mode = InodeAttributes.TypeRegular | 0x1A4,
        LinkCount = 1,
    };
}
