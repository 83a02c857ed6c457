using SealFs.Core.Wire;

namespace SealFs.StorageNode.Shards;

/// <summary>Opcode → handler. Filled once when the node is put together.</summary>
public sealed class OperationTable
{
    private readonly Operation?[] _operations = new Operation?[128];

    /// <summary>Registers the handler of an opcode.</summary>
    /// <exception cref="InvalidOperationException">The opcode has a handler already.</exception>
    public void Register(Opcode opcode, OperationKind kind, Action<NodeRequest> handler)
    {
        ref var operation = ref _operations[(int)opcode];
        if (operation is not null)
            throw new InvalidOperationException($"{opcode} has a handler already.");
        operation = new Operation(opcode, kind, handler);
    }

    internal Operation? Find(Opcode opcode) => (int)opcode < _operations.Length ? _operations[(int)opcode] : null;
}
