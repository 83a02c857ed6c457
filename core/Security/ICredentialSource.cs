namespace SealFs.Core.Security;

/// <summary>The credentials that new connections use. They may change at any time; connections that exist are not broken by that.</summary>
public interface ICredentialSource
{
    /// <summary>The newest good ones; null: this peer is spoken to in cleartext. The same object as before as long as nothing has changed.</summary>
    /// <exception cref="CredentialException">There should be some, and there never were any that can be used.</exception>
    Credentials? Current { get; }
}
