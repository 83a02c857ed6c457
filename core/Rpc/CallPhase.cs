namespace SealFs.Core.Rpc;

/// <summary>Where a pending call stands. Whoever moves it to Done completes it.</summary>
internal enum CallPhase
{
    /// <summary>In the pool.</summary>
    Free = 0,

    /// <summary>Queued until there is a connection and room; changed under the connection's lock only.</summary>
    Waiting = 1,

    /// <summary>Handed to the connection.</summary>
    Sent = 2,

    /// <summary>The receiver is writing into the caller's payload buffer: nobody else may complete it.</summary>
    Receiving = 3,

    /// <summary>It has its result.</summary>
    Done = 4,
}
