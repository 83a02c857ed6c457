using Microsoft.Win32.SafeHandles;

namespace SealFs.StorageNode.Hosting;

/// <summary>
/// The file <c>run</c> of a directory: room for two <see cref="RunRecord"/>s, of which the older is overwritten in place. A power cut leaves at least one of them whole, and
/// on a full disk there is still room.
/// </summary>
internal sealed class RunFile : IDisposable
{
    public const string Name = "run";

    /// <summary>Each record has a page of its own, so that writing one cannot tear the other.</summary>
    private const int SlotBytes = 4096;

    private const int Slots = 2;

    private readonly SafeFileHandle _file;
    private readonly Lock _gate = new();

    private RunFile(SafeFileHandle file, RunRecord? last)
    {
        _file = file;
        Last = last;
    }

    /// <summary>What was written last; null in a new file.</summary>
    public RunRecord? Last { get; private set; }

    public static bool Exists(string directory) => File.Exists(Path.Combine(directory, Name));

    /// <summary>Opens the file, or makes one with room for both records.</summary>
    /// <exception cref="InvalidDataException">Neither record can be read.</exception>
    public static RunFile Open(string directory)
    {
        var path = Path.Combine(directory, Name);
        var isNew = !File.Exists(path) || new FileInfo(path).Length < Slots * SlotBytes;
        var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            if (isNew)
            {
                RandomAccess.Write(file, new byte[Slots * SlotBytes], 0);
                RandomAccess.FlushToDisk(file);
                DirectorySync.SyncNames(directory);
                return new RunFile(file, null);
            }

            var last = Read(file, out var isEmpty);
            return last is null && !isEmpty ? throw new InvalidDataException($"{path} is damaged.") : new RunFile(file, last);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes the next record; returns when it is on stable storage.</summary>
    public void Write(ulong incarnation, Guid bootId, bool hasEnded, bool mayHaveLost)
    {
        lock (_gate)
        {
            var record = new RunRecord((Last?.Sequence ?? 0) + 1, incarnation, bootId, hasEnded, mayHaveLost, mayHaveLost || Last is { HasEverLost: true });
            Span<byte> bytes = stackalloc byte[RunRecord.Size];
            record.Write(bytes);
            RandomAccess.Write(_file, bytes, (long)(record.Sequence % Slots) * SlotBytes);
            RandomAccess.FlushToDisk(_file);
            Last = record;
        }
    }

    public void Dispose() => _file.Dispose();

    private static RunRecord? Read(SafeFileHandle file, out bool isEmpty)
    {
        RunRecord? last = null;
        isEmpty = true;
        Span<byte> bytes = stackalloc byte[RunRecord.Size];
        for (var slot = 0; slot < Slots; slot++)
        {
            RandomAccess.Read(file, bytes, slot * SlotBytes);
            isEmpty &= !bytes.ContainsAnyExcept((byte)0);
            if (RunRecord.TryRead(bytes, out var record) && (last is null || record.Sequence > last.Value.Sequence))
                last = record;
        }

        return last;
    }
}
