namespace SealFs.Core.Security;

/// <summary>Certificates or keys that cannot be used; the message is fit for people and contains nothing secret.</summary>
public sealed class CredentialException(string message, Exception? inner = null) : Exception(message, inner);
