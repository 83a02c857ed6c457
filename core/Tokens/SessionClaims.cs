namespace SealFs.Core.Tokens;

/// <summary>What a session token states.</summary>
/// <param name="Session">Never 0.</param>
/// <param name="Volume">The one volume it is good for; 0 for a node's token.</param>
/// <param name="Access">What the bearer may do.</param>
/// <param name="ExpiresUnixMs">Wall-clock time of the manager; the storage nodes compare it with their own clocks.</param>
public readonly record struct SessionClaims(SessionId Session, VolumeId Volume, TokenAccess Access, long ExpiresUnixMs);
