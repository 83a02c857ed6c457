using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Core.Security;

namespace SealFs.Core.Rpc;

/// <summary>How a server listens and what it allows.</summary>
public sealed class RpcServerOptions
{
    /// <summary>TCP addresses; port 0 takes a free one.</summary>
    public IReadOnlyList<IPEndPoint> Listen { get; init; } = [];

    /// <summary>A Unix socket besides; a stale socket file is replaced.</summary>
    public string? UnixPath { get; init; }

    public required IRpcHandler Handler { get; init; }

    /// <summary>Event loop threads; connections are spread over them.</summary>
    public int LoopThreads { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// Groups that the event loops receive for, the first loop for the first group and so on: what a request asks of another server is answered on the thread that
    /// executes requests, which is awake anyway. None: groups keep their own threads.
    /// </summary>
    public IReadOnlyList<RpcReceiverGroup> Lanes { get; init; } = [];

    /// <summary>With them TLS is spoken over TCP, and who connects has to show a certificate of the cluster. The Unix socket is not encrypted.</summary>
    public ICredentialSource? Credentials { get; init; }

    /// <summary>Allows addresses other than loopback without <see cref="Credentials"/>.</summary>
    public bool Insecure { get; init; }

    public ILogger Logger { get; init; } = NullLogger.Instance;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public int Connections { get; init; } = RpcLimits.Connections;

    /// <summary>Requests of one connection held unanswered before the server stops reading from it.</summary>
    public int HeldRequests { get; init; } = RpcLimits.HeldRequests;

    /// <summary>Bytes of requests of one connection held unanswered before the server stops reading from it.</summary>
    public long HeldBytes { get; init; } = RpcLimits.HeldBytes;

    /// <summary>Bytes of answers queued for one connection before the server stops reading from it.</summary>
    public long QueuedBytes { get; init; } = RpcLimits.QueuedBytes;

    /// <summary>Bytes of answers queued for one connection beyond which it is closed.</summary>
    public long QueuedBytesHard { get; init; } = RpcLimits.QueuedBytesHard;

    /// <summary>Native memory that all connections may hold together; at least 16 times <see cref="RpcLimits.FrameBytes"/>.</summary>
    public long MemoryBytes { get; init; } = RpcLimits.MemoryBytes;

    /// <summary>While memory is short, a connection whose frame takes longer to come, or that takes none of its answers for so long, is closed.</summary>
    public TimeSpan StalledTime { get; init; } = RpcLimits.StalledTime;

    /// <summary>Hello must have arrived within this time.</summary>
    public TimeSpan HelloTime { get; init; } = RpcLimits.HelloTime;
}
