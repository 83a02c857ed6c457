using SealFs.Core.Messages;
using SealFs.Core.Wire;

namespace SealFs.StorageNode.Checks;

/// <summary>The rows of one answer, until it is full.</summary>
internal ref struct ScanPage(Span<byte> memory)
{
    private readonly Span<byte> _memory = memory;

    public int Length { get; private set; }

    public readonly bool IsFull => _memory.Length - Length < ScanRow.MaxBytes;

    public void Add(scoped in ScanRow row)
    {
        var writer = new WireWriter(_memory[Length..]);
        row.Write(ref writer);
        Length += writer.Position;
    }
}
