namespace SealFs.StorageNode.Sessions;

/// <summary>What a request was sent over has ended while the request waited: it must not be done any more. Nobody hears the answer.</summary>
public sealed class SessionEndedException() : Exception("The connection that the request came over has ended.");
