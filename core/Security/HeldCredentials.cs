namespace SealFs.Core.Security;

/// <summary>Credentials that somebody sets: read from elsewhere than files.</summary>
public sealed class HeldCredentials(Credentials? current) : ICredentialSource
{
    private Credentials? _current = current;

    public Credentials? Current
    {
        get => Volatile.Read(ref _current);
        set => Volatile.Write(ref _current, value);
    }
}
