using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace SealFs.Operator.Runtime;

/// <summary>Events in plain words. The same one again raises a count. An event that cannot be written is logged and forgotten: it is never worth a failure.</summary>
public sealed partial class EventRecorder(ApiConnection api, string component, string instance, TimeProvider clock, ILogger logger)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Known> _known = [];

    public async Task RecordAsync<T>(T about, bool warning, string reason, string message, CancellationToken cancellation)
        where T : IKubernetesObject<V1ObjectMeta>
    {
        if (message.Length > RuntimeLimits.EventMessageLength)
            message = message[..(RuntimeLimits.EventMessageLength - 1)] + "…";
        LogEvent(reason, about.Metadata.Name, message);
        var now = clock.GetUtcNow().UtcDateTime;
        var name = $"{about.Metadata.Name}.{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{about.Metadata.Uid} {reason} {message} {now.Ticks}")))[..16]}";
        try
        {
            if (Repeated($"{about.Metadata.Uid} {reason} {message}", new ObjectName(Space(about.Metadata), name), now) is { } known)
                await RaiseAsync(known, now, cancellation);
            else
                await api.CreateAsync(Build(about, name, warning, reason, message, now), cancellation);
        }
        catch (ApiException exception)
        {
            LogLost(reason, exception.Message);
        }
    }

    private (ObjectName Name, int Count)? Repeated(string key, ObjectName name, DateTime now)
    {
        lock (_gate)
        {
            if (_known.TryGetValue(key, out var known) && now - known.Last < RuntimeLimits.EventAggregation)
            {
                _known[key] = known with { Last = now, Count = known.Count + 1 };
                return (known.Name, known.Count + 1);
            }
            if (_known.Count >= RuntimeLimits.RememberedEvents)
                _known.Clear();
            _known[key] = new Known(name, 1, now);
            return null;
        }
    }

    private Task<Corev1Event> RaiseAsync((ObjectName Name, int Count) known, DateTime now, CancellationToken cancellation) => api.MergeAsync<Corev1Event>(
        known.Name, new JsonObject { ["count"] = known.Count, ["lastTimestamp"] = now.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'") }, cancellation);

    private Corev1Event Build<T>(T about, string name, bool warning, string reason, string message, DateTime now)
        where T : IKubernetesObject<V1ObjectMeta>
    {
        var kind = ResourceKind.Of<T>();
        return new Corev1Event
        {
            Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = Space(about.Metadata) },
            InvolvedObject = new V1ObjectReference
            {
                ApiVersion = kind.ApiVersion,
                Kind = kind.Kind,
                Name = about.Metadata.Name,
                NamespaceProperty = about.Metadata.NamespaceProperty,
                Uid = about.Metadata.Uid,
                ResourceVersion = about.Metadata.ResourceVersion,
            },
            Type = warning ? "Warning" : "Normal",
            Reason = reason,
            Message = message,
            Count = 1,
            FirstTimestamp = now,
            LastTimestamp = now,
            Source = new V1EventSource { Component = component, Host = instance },
            ReportingComponent = component,
            ReportingInstance = instance,
        };
    }

    /// <summary>Events about what has no namespace are in "default".</summary>
    private static string Space(V1ObjectMeta about) => string.IsNullOrEmpty(about.NamespaceProperty) ? "default" : about.NamespaceProperty;

    private sealed record Known(ObjectName Name, int Count, DateTime Last);

    [LoggerMessage(9104, LogLevel.Information, "{Reason} {Name}: {Message}")]
    private partial void LogEvent(string reason, string name, string message);

    [LoggerMessage(9105, LogLevel.Warning, "The event {Reason} could not be written: {Problem}")]
    private partial void LogLost(string reason, string problem);
}
