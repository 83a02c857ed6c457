using System.Security.Cryptography;

namespace SealFs.Core.Tokens;

/// <summary>ECDSA on P-256 with SHA-256: private keys as PKCS#8, public keys as SubjectPublicKeyInfo, signatures as r and s.</summary>
internal static class SigningKey
{
    public const int SignatureBytes = 64;

    /// <summary>A public key on P-256 has 91 bytes; a longer one is not looked at.</summary>
    public const int MaxPublicKeyBytes = 128;

    public static byte[] Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return key.ExportPkcs8PrivateKey();
    }

    /// <exception cref="CryptographicException">It is no private key.</exception>
    public static byte[] PublicOf(ReadOnlySpan<byte> privateKey)
    {
        using var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(privateKey, out _);
        return key.ExportSubjectPublicKeyInfo();
    }

    /// <exception cref="CryptographicException">It is no private key.</exception>
    public static void Sign(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> data, Span<byte> signature)
    {
        using var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(privateKey, out _);
        if (!key.TrySignData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation, out var written) || written != SignatureBytes)
            throw new CryptographicException("The key is not one on P-256.");
    }

    /// <summary>False also for what is no key.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != SignatureBytes || publicKey.Length > MaxPublicKeyBytes)
            return false;
        try
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(publicKey, out _);
            return key.KeySize == 256 && key.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
