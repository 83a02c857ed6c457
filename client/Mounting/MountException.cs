namespace SealFs.Client.Mounting;

/// <summary>A mount could not be made or kept; the message is fit for people.</summary>
public sealed class MountException(string message, Exception? inner = null) : Exception(message, inner);
