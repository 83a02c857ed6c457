namespace SealFs.StorageNode.Quota;

/// <summary>The bounds of quota and disk reserve, each with its reason.</summary>
internal static class QuotaLimits
{
    /// <summary>Requests that wait for a higher ceiling, of all volumes: more than that are told ENOSPC at once.</summary>
    public const int Parked = 4096;

    /// <summary>Longest wait for a higher ceiling: several heartbeats, and shorter than a client's patience.</summary>
    public const int ParkedMs = 5_000;

    /// <summary>How long "the volume is full" is believed without asking the manager again.</summary>
    public const int ExhaustedMs = 250;

    /// <summary>How often waiting requests are looked at.</summary>
    public const int TickMs = 250;

    /// <summary>Free bytes of the data disk that stay free, so that a metadata store on the same disk goes on; less on a small disk.</summary>
    public const ulong ReserveBytes = 64UL << 20;

    /// <summary>At most this part of the disk is held back.</summary>
    public const ulong ReserveFraction = 50;

    /// <summary>The disk is asked at most this often when it is nearly full.</summary>
    public const long AskMs = 20;

    /// <summary>The disk is asked at least this often while something is written.</summary>
    public const long RefreshMs = 1_000;

    /// <summary>What of a data disk stays free.</summary>
    public static ulong ReserveOf(ulong totalBytes) => Math.Min(ReserveBytes, totalBytes / ReserveFraction);
}
