namespace SealFs.Core.Messages;

/// <summary>
/// What a server promises to the session that has just added a name to a directory: until <see cref="DurationMs"/> after it did so, no other session adds one. Leases of one number follow
/// each other without a name of another session in between, however long the pause.
/// </summary>
/// <param name="Id">Number of the lease; 0 for none.</param>
/// <param name="WasEmpty">The directory had no entries before the one that was added: whoever knows the names that it has added since then knows all.</param>
public readonly record struct NameLease(ulong Id, bool WasEmpty)
{
    /// <summary>How long a lease is in force, ms, on the server's clock. It is also the longest that another session waits for it.</summary>
    public const int DurationMs = 50;

    /// <summary>How much shorter its holder believes in it, ms, from the moment when it sent the request: clocks tick in steps, and not all run alike.</summary>
    public const int MarginMs = 10;

    public bool IsNone => Id == 0;
}
