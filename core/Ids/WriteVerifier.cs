namespace SealFs.Core;

/// <summary>
/// Drawn for a shard whenever acknowledged bytes or rows of it may have been lost. While it stays the same, nothing that was acknowledged since is lost. 0: the answer does not say.
/// The idea is NFS's write verifier (RFC 8881, section 18.32).
/// </summary>
public readonly record struct WriteVerifier(ulong Value)
{
    public bool IsKnown => Value != 0;

    public override string ToString() => Value.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
}
