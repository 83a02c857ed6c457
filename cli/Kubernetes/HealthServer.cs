using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SealFs.Cli.Settings;

namespace SealFs.Cli.Kubernetes;

/// <summary>What the probes of a pod ask: /healthz says that the process answers, /readyz whether it does its work already.</summary>
internal sealed class HealthServer : IAsyncDisposable
{
    public static readonly Setting<int> Port = Setting<int>.Value(
        "--health-port", "PORT", "Port of /healthz and /readyz for the probes of a pod, on all addresses; off: none.",
        text => text == "off" ? -1 : SettingParsers.Integer(0, 65_535)(text), -1, "off");

    private readonly WebApplication? _application;

    private HealthServer(WebApplication? application) => _application = application;

    /// <summary>Where it listens, or null when it does not.</summary>
    public string? Url => _application?.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>Does nothing when no port is set.</summary>
    /// <param name="invocation">Has the port.</param>
    /// <param name="isReady">Asked at each /readyz.</param>
    /// <exception cref="CommandFailure">The port is in use.</exception>
    public static async Task<HealthServer> StartAsync(Invocation invocation, Func<bool> isReady)
    {
        var port = invocation.Get(Port);
        if (port < 0)
            return new HealthServer(null);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ListenAnyIP(port, endpoint => endpoint.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddSingleton(invocation.Loggers);
        builder.Services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        builder.Services.AddSingleton<IHostLifetime, SilentLifetime>();
        builder.Services.AddRoutingCore();
        var application = builder.Build();
        application.MapGet("/healthz", (HttpContext context) => context.Response.WriteAsync("ok\n"));
        application.MapGet("/readyz", (HttpContext context) => AnswerAsync(context.Response, isReady()));
        try
        {
            await application.StartAsync(invocation.Stop);
        }
        catch (Exception problem) when (problem is IOException or SocketException)
        {
            await application.DisposeAsync();
            throw new CommandFailure(ExitCode.Refused, $"--health-port: {problem.Message}", problem);
        }
        return new HealthServer(application);
    }

    public ValueTask DisposeAsync() => _application?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static Task AnswerAsync(HttpResponse response, bool isReady)
    {
        response.StatusCode = isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return response.WriteAsync(isReady ? "ready\n" : "not ready\n");
    }

    /// <summary>Signals belong to the process, which disposes the server.</summary>
    private sealed class SilentLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
