using System.Numerics;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;

namespace SealFs.Manager.Volumes;

/// <summary>What a volume may be called and how it may be made.</summary>
internal static class VolumeRules
{
    /// <returns>Why the name is refused, or null.</returns>
    public static string? WhyNameIsRefused(string name)
    {
        if (name.Length is 0 or > ControlLimits.MaxVolumeNameBytes)
            return $"A volume name has 1 to {ControlLimits.MaxVolumeNameBytes} characters.";
        return name.Split('.').All(IsLabel)
            ? null
            : $"'{name}' is no volume name: lower-case letters, digits, '-' and '.', each part beginning and ending with a letter or digit.";
    }

    /// <returns>Why the request is refused, or null.</returns>
    public static string? WhyRefused(CreateVolumeRequest request)
    {
        if (WhyNameIsRefused(request.Name) is { } reason)
            return reason;
        if (WhyQuotaIsRefused(request.QuotaBytes) is { } bytes)
            return bytes;
        if (WhyQuotaIsRefused(request.QuotaInodes) is { } inodes)
            return inodes;
        var chunk = ChunkSizeBytes(request);
        if (chunk is < ControlLimits.LeastChunkSizeBytes or > ControlLimits.LargestChunkSizeBytes || !BitOperations.IsPow2(chunk))
            return $"A chunk is a power of two from {ControlLimits.LeastChunkSizeBytes} to {ControlLimits.LargestChunkSizeBytes} bytes, not {chunk}.";
        if (InlineLimitBytes(request) > ControlLimits.LargestInlineLimitBytes)
            return $"Files up to at most {ControlLimits.LargestInlineLimitBytes} bytes can be stored inline.";
        return Enum.IsDefined(request.Durability) ? null : $"There is no durability {(int)request.Durability}.";
    }

    public static string? WhyQuotaIsRefused(ulong quota) => quota <= Limits.MaxQuota ? null : $"A quota is at most {Limits.MaxQuota}, not {quota}; 0 is unlimited.";

    public static ulong ChunkSizeBytes(CreateVolumeRequest request) =>
        request.ChunkSizeBytes == 0 ? ControlLimits.DefaultChunkSizeBytes : request.ChunkSizeBytes;

    public static ulong InlineLimitBytes(CreateVolumeRequest request) =>
        request.HasInlineLimitBytes ? request.InlineLimitBytes : ControlLimits.DefaultInlineLimitBytes;

    private static bool IsLabel(string part) =>
        part.Length > 0 && part.All(letter => letter is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-') && part[0] != '-' && part[^1] != '-';
}
