using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Core.Messages;
using SealFs.Core.Security;
using SealFs.Core.Wire;

namespace SealFs.Core.Rpc;

/// <summary>Writes the Hello body of a new connection; returns its length.</summary>
public delegate int HelloWriter(Span<byte> body, ConnectionAttempt attempt);

/// <summary>Writes the Hello body once more, with the peer's challenge signed; returns its length.</summary>
public delegate int HelloProver(Span<byte> body, ConnectionAttempt attempt, ReadOnlySpan<byte> challenge);

/// <summary>A frame that the peer sent on its own account (a lease recall). Runs on the receiver's thread; the spans end with the call.</summary>
public delegate void NotificationHandler(in FrameHeader header, ReadOnlySpan<byte> body, ReadOnlySpan<byte> payload);

/// <summary>How one side speaks to a peer.</summary>
public sealed class RpcClientOptions
{
    /// <summary>Called for each new connection, on its receiver's thread.</summary>
    public required HelloWriter Hello { get; init; }

    /// <summary>Called where the peer answers Hello with a challenge. Null: such a peer cannot be spoken to.</summary>
    public HelloProver? Prove { get; init; }

    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>With what TLS is spoken to a peer whose endpoint asks for it; without them it cannot be reached.</summary>
    public ICredentialSource? Credentials { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public NotificationHandler? Notification { get; init; }

    /// <summary>Null: a receiver thread of its own, the fastest with few peers. Else shared with the other connections of the group.</summary>
    public RpcReceiverGroup? Receivers { get; init; }

    /// <summary>Requests sent and not yet answered; further calls wait.</summary>
    public int InFlightCalls { get; init; } = RpcLimits.InFlightCalls;

    /// <summary>Bytes queued for the socket beyond which further calls wait.</summary>
    public long QueuedBytes { get; init; } = RpcLimits.QueuedBytes;

    /// <summary>Deadline of calls that name none.</summary>
    public TimeSpan CallTime { get; init; } = RpcLimits.CallTime;

    /// <summary>Randomness of the back-off; a seeded one makes runs repeatable.</summary>
    public Random Random { get; init; } = Random.Shared;
}
