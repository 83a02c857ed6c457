namespace SealFs.Operator.Runtime;

/// <summary>Every limit of the controller runtime, with its reason.</summary>
internal static class RuntimeLimits
{
    /// <summary>A request that is no watch. A loaded API server answers a list of thousands in seconds.</summary>
    public static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Watches end by themselves between these, so that those of many reflectors do not begin anew at once.</summary>
    public const int WatchSecondsAtLeast = 240;
    public const int WatchSecondsAtMost = 360;

    /// <summary>A watch that brings nothing for this long, not even a bookmark (which come about once a minute), is dead although nobody has closed it.</summary>
    public static readonly TimeSpan WatchSilence = TimeSpan.FromSeconds(150);

    /// <summary>Back-off of lists and watches.</summary>
    public static readonly TimeSpan ReflectorDelayAtLeast = TimeSpan.FromMilliseconds(500);
    public static readonly TimeSpan ReflectorDelayAtMost = TimeSpan.FromSeconds(30);

    /// <summary>Back-off of a key whose reconciliation failed.</summary>
    public static readonly TimeSpan RetryAtLeast = TimeSpan.FromMilliseconds(200);
    public static readonly TimeSpan RetryAtMost = TimeSpan.FromMinutes(2);

    /// <summary>The same event again within this time raises the count of the first one.</summary>
    public static readonly TimeSpan EventAggregation = TimeSpan.FromMinutes(10);

    /// <summary>Events that are remembered for it.</summary>
    public const int RememberedEvents = 4096;

    /// <summary>Longest message of an event that the API server takes.</summary>
    public const int EventMessageLength = 1024;
}
