using SealFs.CsiDriver.Protocol;

namespace SealFs.CsiDriver.Controller;

/// <summary>The range of sizes that is asked for, against quotas.</summary>
internal static class CapacityRules
{
    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT, or OUT_OF_RANGE for what no volume can have.</exception>
    public static void Check(CapacityRange? range)
    {
        if (range is null)
            return;
        if (range.RequiredBytes < 0 || range.LimitBytes < 0)
            throw Refusal.Invalid("A capacity is never negative.");
        if (range.LimitBytes > 0 && range.LimitBytes < range.RequiredBytes)
            throw Refusal.Invalid($"The capacity limit ({range.LimitBytes}) is below what is required ({range.RequiredBytes}).");
        if (range.RequiredBytes > CsiLimits.MaxVolumeBytes)
            throw Refusal.Range($"A volume has at most {CsiLimits.MaxVolumeBytes} bytes.");
    }

    /// <summary>The quota to create with; 0 is unlimited.</summary>
    public static ulong Quota(CapacityRange? range) =>
        range is null ? 0 : (ulong)(range.RequiredBytes > 0 ? range.RequiredBytes : Math.Min(range.LimitBytes, CsiLimits.MaxVolumeBytes));

    /// <summary>Whether a volume with this quota is what the range asks for.</summary>
    public static bool Fits(ulong quota, CapacityRange? range)
    {
        if (range is null || (range.RequiredBytes == 0 && range.LimitBytes == 0))
            return true;
        return quota > 0 && quota >= (ulong)range.RequiredBytes && (range.LimitBytes == 0 || quota <= (ulong)range.LimitBytes);
    }
}
