namespace SealFs.Core.Messages;

/// <summary>
/// Connections that follow each other: one that is made again after it broke has the same lineage and the next number. A server that greets a later one does nothing any more of what was
/// asked for over those before it, since the asker has asked again by then.
/// </summary>
/// <param name="Lineage">Drawn at random by whoever connects; 0 = the connection follows no other.</param>
/// <param name="Number">Counts up with each connection that is made.</param>
public readonly record struct ConnectionAttempt(ulong Lineage, uint Number)
{
    public static ConnectionAttempt First(Random random) => new((ulong)random.NextInt64(1, long.MaxValue), 1);

    public ConnectionAttempt Next() => this with { Number = Number + 1 };

    public bool IsBefore(ConnectionAttempt other) => Lineage != 0 && Lineage == other.Lineage && Number < other.Number;
}
