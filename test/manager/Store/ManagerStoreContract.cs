using SealFs.Manager.Store;
using Xunit;

namespace SealFs.Manager.Tests.Store;

/// <summary>What every store must do. A store's own test class derives from this and says how its stores are opened.</summary>
public abstract class ManagerStoreContract : IDisposable
{
    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Opens the one store of this test: opened again, it has what was in it.</summary>
    protected abstract IManagerStore Open();

    public abstract void Dispose();

    [Fact]
    public async Task A_new_store_is_empty()
    {
        await using var store = Open();
        Assert.Empty(await store.LoadAsync(Cancellation));
    }

    [Fact]
    public async Task What_was_put_is_there_after_opening_again()
    {
        await using (var store = Open())
        {
            await store.ApplyAsync(new StoreBatch().Put("a", [1]).Put("b/1", []).Put("b/2", [2, 3]), Cancellation);
            await store.ApplyAsync(new StoreBatch().Put("a", [9]).Delete("b/1").Delete("never"), Cancellation);
        }
        await using var again = Open();
        AssertHas(new() { ["a"] = [9], ["b/2"] = [2, 3] }, await again.LoadAsync(Cancellation));
    }

    [Fact]
    public async Task The_last_change_of_a_key_in_a_batch_counts()
    {
        await using var store = Open();
        await store.ApplyAsync(new StoreBatch().Put("a", [1]).Delete("a").Put("b", [1]).Put("b", [2]), Cancellation);
        AssertHas(new() { ["b"] = [2] }, await store.LoadAsync(Cancellation));
    }

    [Fact]
    public async Task Keys_are_told_apart_byte_by_byte()
    {
        await using var store = Open();
        await store.ApplyAsync(new StoreBatch().Put("a", [1]).Put("A", [2]).Put("ä", [3]).Put("a/", [4]), Cancellation);
        Assert.Equal(4, (await store.LoadAsync(Cancellation)).Count);
    }

    [Fact]
    public async Task A_value_may_be_as_large_as_a_page_of_the_map()
    {
        var large = new byte[512 * 1024];
        new Random(1).NextBytes(large);
        await using (var store = Open())
            await store.ApplyAsync(new StoreBatch().Put("large", large), Cancellation);
        await using var again = Open();
        AssertHas(new() { ["large"] = large }, await again.LoadAsync(Cancellation));
    }

    [Fact]
    public async Task Any_history_of_batches_leads_to_the_same_state_as_a_dictionary()
    {
        var model = new Dictionary<string, byte[]>();
        var random = new Random(20261122);
        for (var round = 0; round < 20; round++)
        {
            await using var store = Open();
            AssertHas(model, await store.LoadAsync(Cancellation));
            for (var count = random.Next(10); count > 0; count--)
                await store.ApplyAsync(NextBatch(random, model), Cancellation);
        }
    }

    private static StoreBatch NextBatch(Random random, Dictionary<string, byte[]> model)
    {
        var batch = new StoreBatch();
        for (var count = random.Next(1, 6); count > 0; count--)
        {
            var key = $"key/{random.Next(20)}";
            if (random.Next(3) == 0)
            {
                batch.Delete(key);
                model.Remove(key);
                continue;
            }
            var value = new byte[random.Next(3_000)];
            random.NextBytes(value);
            batch.Put(key, value);
            model[key] = value;
        }
        return batch;
    }

    private protected static void AssertHas(Dictionary<string, byte[]> expected, IReadOnlyDictionary<string, byte[]> actual)
    {
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        Assert.All(expected, record => Assert.Equal(record.Value, actual[record.Key]));
    }
}
