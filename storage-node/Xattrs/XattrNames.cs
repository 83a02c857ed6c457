using SealFs.Core;

namespace SealFs.StorageNode.Xattrs;

/// <summary>Which names of extended attributes are kept.</summary>
internal static class XattrNames
{
    /// <summary>
    /// None; EOPNOTSUPP for access control lists, which nothing here would obey, and for the kernel's other "system." names; EOPNOTSUPP for unknown namespaces.
    /// </summary>
    public static Errno Check(ReadOnlySpan<byte> name)
    {
        if (IsIn(name, "user."u8) || IsIn(name, "trusted."u8) || IsIn(name, "security."u8))
            return Errno.None;
        return name.SequenceEqual("user."u8) || name.SequenceEqual("trusted."u8) || name.SequenceEqual("security."u8) ? Errno.EINVAL : Errno.EOPNOTSUPP;
    }

    private static bool IsIn(ReadOnlySpan<byte> name, ReadOnlySpan<byte> space) => name.Length > space.Length && name.StartsWith(space);
}
