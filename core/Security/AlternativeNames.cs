using System.Formats.Asn1;

namespace SealFs.Core.Security;

/// <summary>SubjectAltName of RFC 5280, 4.2.1.6, as far as it is needed here: .NET reads host names and addresses of it alone.</summary>
internal static class AlternativeNames
{
    /// <summary>uniformResourceIdentifier [6] IA5String.</summary>
    private static readonly Asn1Tag s_uri = new(TagClass.ContextSpecific, 6);

    /// <summary>The URIs among the names; null when it is no such extension.</summary>
    public static IReadOnlyList<string>? Uris(ReadOnlyMemory<byte> extension)
    {
        try
        {
            var uris = new List<string>();
            var outer = new AsnReader(extension, AsnEncodingRules.DER);
            var names = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            while (names.HasData)
            {
                if (names.PeekTag().HasSameClassAndValue(s_uri))
                    uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, s_uri));
                else
                    names.ReadEncodedValue();
            }
            return uris;
        }
        catch (AsnContentException)
        {
            return null;
        }
    }
}
