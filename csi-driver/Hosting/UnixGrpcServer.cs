using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SealFs.CsiDriver.Hosting;

/// <summary>gRPC on a Unix socket.</summary>
internal sealed class UnixGrpcServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly string _path;

    private UnixGrpcServer(WebApplication application, string path)
    {
        _application = application;
        _path = path;
    }

    /// <param name="path">Where to listen.</param>
    /// <param name="loggers">Where to log.</param>
    /// <param name="services">Adds what the services need.</param>
    /// <param name="map">Maps the services.</param>
    /// <param name="cancellation">Gives up the start.</param>
    /// <exception cref="IOException">The path cannot be listened on.</exception>
    public static async Task<UnixGrpcServer> StartAsync(
        string path, ILoggerFactory loggers, Action<IServiceCollection> services, Action<WebApplication> map, CancellationToken cancellation)
    {
        SocketFile.Prepare(path);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;

            // See AuthorityHeader: without a dynamic table each header block stands for itself.
            kestrel.Limits.Http2.HeaderTableSize = 0;
            kestrel.ListenUnixSocket(path, endpoint =>
            {
                endpoint.Protocols = HttpProtocols.Http2;
                endpoint.Use(next => connection => AuthorityFilter.RunAsync(connection, next));
            });
        });
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        builder.Services.AddSingleton<IHostLifetime, SilentLifetime>();
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = CsiLimits.MaxMessageBytes;
            grpc.Interceptors.Add<CallInterceptor>();
        });
        services(builder.Services);
        var application = builder.Build();
        map(application);
        await application.StartAsync(cancellation);

        // Whoever may speak to this socket may mount and delete volumes.
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return new UnixGrpcServer(application, path);
    }

    public async ValueTask DisposeAsync()
    {
        using (var limit = new CancellationTokenSource(CsiLimits.ShutdownTimeout))
            await _application.StopAsync(limit.Token);
        await _application.DisposeAsync();
        File.Delete(_path);
    }

    /// <summary>Signals belong to the process, which disposes the server.</summary>
    private sealed class SilentLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
