namespace SealFs.Core.Tokens;

/// <summary>What a session token states.</summary>
/// <param name="Session">Never 0.</param>
/// <param name="Volume">The one volume it is good for; 0 for a node's token.</param>
/// <param name="Access">What the bearer may do.</param>
/// <param name="ExpiresUnixMs">Wall-clock time of the manager; the storage nodes compare it with their own clocks.</param>
public readonly record struct SessionClaims(SessionId Session, VolumeId Volume, TokenAccess Access, long ExpiresUnixMs)
{
    /// <summary>
    /// Sessions are numbered in the order in which the manager opened them, also over its restarts. A node that has a list of the live sessions knows by this whether a session that is not in it
    /// ended before the list was made or was opened after it.
    /// </summary>
    public ulong Number { get; init; }

    /// <summary>The key whose possession the bearer has to prove; <see cref="KeyThumbprint.None"/>: showing the token is enough.</summary>
    public KeyThumbprint Key { get; init; }
}
