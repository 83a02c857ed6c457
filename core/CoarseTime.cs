namespace SealFs.Core;

/// <summary>Milliseconds of a clock that is handed in, as cheap as those of the system where it is the system's: for deadlines on hot paths.</summary>
public static class CoarseTime
{
    /// <summary>Milliseconds since some moment in the past; never goes back.</summary>
    public static long Milliseconds(this TimeProvider time) =>
        ReferenceEquals(time, TimeProvider.System) ? Environment.TickCount64 : (long)(time.GetTimestamp() * (1000.0 / time.TimestampFrequency));
}
