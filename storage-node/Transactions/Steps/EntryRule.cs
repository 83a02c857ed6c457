namespace SealFs.StorageNode.Transactions.Steps;

/// <summary>What a <see cref="PutEntryStep"/> expects under the name.</summary>
internal enum EntryRule : byte
{
    /// <summary>Nothing: EEXIST otherwise.</summary>
    New = 0,

    /// <summary>Nothing, or something of the same kind, which is then removed (rename).</summary>
    Replace = 1,

    /// <summary>Something: ENOENT otherwise (exchange).</summary>
    Existing = 2,
}
