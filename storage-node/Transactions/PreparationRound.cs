using SealFs.Core;
using SealFs.StorageNode.Transactions.Steps;

namespace SealFs.StorageNode.Transactions;

/// <summary>Steps that are prepared at the same time, by shard. Afterwards it holds them with their results.</summary>
internal sealed class PreparationRound
{
    private readonly List<ShardId> _shards = [];
    private readonly List<List<TransactionStep>> _steps = [];

    public int Count => _shards.Count;

    public bool IsEmpty => _shards.Count == 0;

    /// <summary>The depth that came with WrongPartition.</summary>
    public byte HintDepth { get; set; }

    public ShardId ShardAt(int index) => _shards[index];

    public List<TransactionStep> this[int index]
    {
        get => _steps[index];
        set => _steps[index] = value;
    }

    public PreparationRound Add(ShardId shard, TransactionStep step)
    {
        var index = _shards.IndexOf(shard);
        if (index < 0)
        {
            index = _shards.Count;
            _shards.Add(shard);
            _steps.Add([]);
        }

        _steps[index].Add(step);
        return this;
    }

    /// <summary>The first step of a type, with its results.</summary>
    /// <exception cref="InvalidDataException">A participant did not send back what it was asked.</exception>
    public T Result<T>()
        where T : TransactionStep =>
        Find<T>() ?? throw new InvalidDataException($"A participant's answer lacks {typeof(T).Name}.");

    /// <summary>The first step of a type, or null.</summary>
    public T? Find<T>()
        where T : TransactionStep => _steps.SelectMany(steps => steps).OfType<T>().FirstOrDefault();
}
