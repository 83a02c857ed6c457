using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SealFs.Core.Security;

namespace SealFs.Manager.Tls;

/// <summary>
/// Stands before the services of a manager with credentials and lets through what <see cref="CallPermissions"/> allows to the holder of a good certificate. Only what the metrics
/// port serves needs none.
/// </summary>
internal sealed partial class CallGate(ICredentialSource credentials, ControlPlane plane, TimeProvider clock, ILogger<CallGate> logger)
{
    /// <summary>How a call that the manager does not know is counted: strangers choose its name.</summary>
    private const string OtherMethod = "other";

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path.Value is "/metrics" or "/healthz")
        {
            await next(context);
            return;
        }
        var verdict = Judge(context);
        if (RefusalOf(context, verdict) is { } refusal)
        {
            Refuse(context, refusal);
            return;
        }
        context.Items[Caller.ItemKey] = new Caller(verdict.Peer, verdict.Grants);
        if (CallPermissions.IsStream(context.Request.Path.Value ?? ""))
            await StreamAsync(context, next, verdict.ExpiresAt);
        else
            await next(context);
    }

    /// <summary>A stream ends with the certificate: whoever has another by then takes it up again.</summary>
    private async Task StreamAsync(HttpContext context, RequestDelegate next, DateTimeOffset end)
    {
        var left = TimeSpan.FromTicks(Math.Clamp((end - clock.GetUtcNow()).Ticks, 0, Limits.LongestStream.Ticks));
        using var limit = new CancellationTokenSource(left, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, limit.Token);
        context.RequestAborted = either.Token;
        await next(context);
    }

    private PeerVerdict Judge(HttpContext context) => context.Features.Get<ConnectionPeer>() is { } peer
        ? peer.Judge(credentials.Current!, clock.GetUtcNow())
        : new PeerVerdict(default, default, "this port serves nothing but /metrics and /healthz");

    private static Status? RefusalOf(HttpContext context, PeerVerdict verdict)
    {
        if (verdict.Refusal is { } reason)
            return new Status(StatusCode.Unauthenticated, $"The manager refuses the connection: {reason}.");
        var method = context.Request.Path.Value ?? "";
        var roles = CallPermissions.RolesFor(method);
        if (roles.Contains(verdict.Peer.Role))
            return null;
        var call = method[(method.LastIndexOf('/') + 1)..];
        var allowed = roles.Count == 0 ? "nobody may" : $"the role {CertificateRoles.Text(roles)} is needed";
        return new Status(StatusCode.PermissionDenied, $"A certificate of the role {verdict.Peer.Role.Text()} ({verdict.Peer.Name}) may not call {call}: {allowed}.");
    }

    /// <summary>Answers in gRPC, with the status alone ("Trailers-Only").</summary>
    private void Refuse(HttpContext context, Status refusal)
    {
        var method = context.Request.Path.Value ?? "";
        plane.Metrics.RecordCall(CallPermissions.RolesFor(method).Count > 0 ? method : OtherMethod, refusal.StatusCode, TimeSpan.Zero);
        if (context.Features.Get<ConnectionPeer>()?.IsFirstRefusal() == true)
            LogRefused(context.Connection.RemoteIpAddress?.ToString() ?? "", refusal.Detail);
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = ((int)refusal.StatusCode).ToString();
        context.Response.Headers["grpc-message"] = Uri.EscapeDataString(refusal.Detail);
    }

    [LoggerMessage(8211, LogLevel.Warning, "Refused at the control plane, from {Address}: {Reason}")]
    private partial void LogRefused(string address, string reason);
}
