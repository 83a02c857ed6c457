using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Manager;
using SealFs.Manager.Services;
using SealFs.Simulator.World;

namespace SealFs.Simulator.Network;

/// <summary>The listening side of the control plane, in front of the manager's own service and interceptor.</summary>
internal sealed class SimulatedManagerServer : ServiceBinderBase, ISimulatedServer
{
    private readonly Dictionary<string, Delegate> _methods = [];
    private readonly CallInterceptor _interceptor;

    public SimulatedManagerServer(SimulatedProcess process, ControlPlane plane)
    {
        Process = process;
        _interceptor = new CallInterceptor(plane, process.Clock, NullLogger<CallInterceptor>.Instance);
        Core.Control.V1.Control.BindService(this, new ControlService(plane));
    }

    public SimulatedProcess Process { get; }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
        _methods[method.FullName] = handler!;

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
        _methods[method.FullName] = handler!;

    public Task<TResponse> CallAsync<TRequest, TResponse>(string method, TRequest request, ServerCallContext context)
        where TRequest : class
        where TResponse : class => _interceptor.UnaryServerHandler(request, context, (UnaryServerMethod<TRequest, TResponse>)_methods[method]);

    public Task ServeAsync<TRequest, TResponse>(string method, TRequest request, IServerStreamWriter<TResponse> writer, ServerCallContext context)
        where TRequest : class
        where TResponse : class => ((ServerStreamingServerMethod<TRequest, TResponse>)_methods[method])(request, writer, context);
}
