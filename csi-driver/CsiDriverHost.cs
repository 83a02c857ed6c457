using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Client.Mountd;
using SealFs.CsiDriver.Controller;
using SealFs.CsiDriver.Hosting;
using SealFs.CsiDriver.Identity;
using SealFs.CsiDriver.Node;
using SealFs.CsiDriver.Registration;

namespace SealFs.CsiDriver;

/// <summary>A running driver. It reads no configuration and handles no signals by itself, so that it can be one of many things in a process.</summary>
public sealed class CsiDriverHost : IAsyncDisposable
{
    private readonly Managers _managers;
    private readonly MountdClient? _mountd;
    private readonly UnixGrpcServer _server;
    private readonly KubeletRegistration? _registration;

    private CsiDriverHost(Managers managers, MountdClient? mountd, UnixGrpcServer server, KubeletRegistration? registration)
    {
        _managers = managers;
        _mountd = mountd;
        _server = server;
        _registration = registration;
    }

    /// <summary>Listens and serves; a node plugin shows itself to the kubelet when it is told where.</summary>
    /// <exception cref="IOException">A socket's path cannot be used.</exception>
    public static async Task<CsiDriverHost> StartAsync(CsiDriverOptions options, ILoggerFactory? loggers = null, CancellationToken cancellation = default)
    {
        loggers ??= NullLoggerFactory.Instance;
        var managers = new Managers(options.Managers, options.TlsClustersDirectory, loggers);
        var mountd = options.ServesNode ? new MountdClient(options.MountdSocket, options.OrphanLimit, loggers, options.Ready) : null;
        UnixGrpcServer? server = null;
        try
        {
            server = await UnixGrpcServer.StartAsync(options.SocketPath, loggers, AddServices, Map, cancellation);
            var registration = options.ServesNode && options.RegistrationDirectory.Length > 0 ? await KubeletRegistration.StartAsync(options, loggers) : null;
            return new CsiDriverHost(managers, mountd, server, registration);
        }
        catch
        {
            if (server is not null)
                await server.DisposeAsync();
            if (mountd is not null)
                await mountd.DisposeAsync();
            managers.Dispose();
            throw;
        }

        void AddServices(IServiceCollection services)
        {
            services.AddSingleton(options).AddSingleton(managers).AddSingleton(new VolumeTurns());
            if (mountd is not null)
                services.AddSingleton(mountd);
        }

        void Map(WebApplication application)
        {
            application.MapGrpcService<IdentityService>();
            if (options.ServesController)
                application.MapGrpcService<ControllerService>();
            if (options.ServesNode)
                application.MapGrpcService<NodeService>();
        }
    }

    /// <summary>Answers what is under way. The mounts stay with mountd.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_registration is not null)
            await _registration.DisposeAsync();
        await _server.DisposeAsync();
        if (_mountd is not null)
            await _mountd.DisposeAsync();
        _managers.Dispose();
    }
}
