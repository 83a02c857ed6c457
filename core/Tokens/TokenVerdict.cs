namespace SealFs.Core.Tokens;

/// <summary>What became of a token that was checked.</summary>
public enum TokenVerdict
{
    Valid,

    /// <summary>Wrong length, version or field.</summary>
    Malformed,

    /// <summary>Not signed with this cluster's key, or changed since.</summary>
    BadSignature,

    /// <summary>Genuine, but its time is over.</summary>
    Expired,
}
