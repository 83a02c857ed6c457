using System.Globalization;
using SealFs.Fuse;

namespace SealFs.Client.FileSystem;

/// <summary>What a caller may do that FUSE does not say of every request.</summary>
internal static class CallerCapabilities
{
    private const int CAP_FSETID = 4;

    private static readonly string? s_userNamespace = UserNamespaceOf("self");

    /// <summary>
    /// Whether a change of a file's content leaves set-user-id and set-group-id alone (CAP_FSETID). FUSE_FALLOCATE does not tell, unlike FUSE_WRITE. A caller that cannot be looked at, because it is in
    /// another pid namespace or has ended, is judged by its user id.
    /// </summary>
    public static bool KeepSetIds(FuseRequest request)
    {
        var thread = request.Pid.ToString(CultureInfo.InvariantCulture);
        if (request.Pid == 0 || EffectiveOf(thread) is not { } effective)
            return request.Uid == 0;
        return (effective >> CAP_FSETID & 1) != 0 && UserNamespaceOf(thread) == s_userNamespace;
    }

    private static ulong? EffectiveOf(string thread)
    {
        try
        {
            foreach (var line in File.ReadLines($"/proc/{thread}/status"))
            {
                if (line.StartsWith("CapEff:", StringComparison.Ordinal))
                    return ulong.Parse(line.AsSpan(7).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended.
        }
        return null;
    }

    private static string? UserNamespaceOf(string thread)
    {
        try
        {
            return new FileInfo($"/proc/{thread}/ns/user").LinkTarget;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
