using Google.Protobuf;
using Grpc.Core;
using SealFs.Simulator.World;

namespace SealFs.Simulator.Network;

/// <summary>Carries the control plane's calls from a process to whichever manager listens.</summary>
internal sealed class SimulatedInvoker(SimulatedNetwork network, SimulatedProcess process, string address) : CallInvoker
{
    private static readonly TimeSpan s_longestRefusal = TimeSpan.FromMilliseconds(20);

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        network.World.CheckThread();
        var call = new SimulatedUnaryCall<TResponse>(process, method.FullName, options);
        if (network.Find(process, address) is SimulatedManagerServer server)
            SendUnary(server, method, Copy(request), call);
        else
            network.World.Schedule(network.World.Between(TimeSpan.Zero, s_longestRefusal), process, call.Unreachable);
        return new AsyncUnaryCall<TResponse>(call.Task, Task.FromResult(new Metadata()), static () => Status.DefaultSuccess, static () => [], call.Dispose);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        network.World.CheckThread();
        var stream = new SimulatedStream<TResponse>();
        if (network.Find(process, address) is SimulatedManagerServer server)
            SendStreaming(server, method, Copy(request), stream);
        else
            network.World.Schedule(network.World.Between(TimeSpan.Zero, s_longestRefusal), process, stream.Lost);
        return new AsyncServerStreamingCall<TResponse>(stream, Task.FromResult(new Metadata()), static () => Status.DefaultSuccess, static () => [], stream.Dispose);
    }

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        throw new NotSupportedException("Nobody waits in a simulation.");

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options) =>
        throw new NotSupportedException("The control plane has no such call.");

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options) =>
        throw new NotSupportedException("The control plane has no such call.");

    /// <summary>The two sides share no objects.</summary>
    private static T Copy<T>(T message)
        where T : class
    {
        var proto = (IMessage)message;
        return (T)proto.Descriptor.Parser.ParseFrom(proto.ToByteString());
    }

    private void SendUnary<TRequest, TResponse>(
        SimulatedManagerServer server, Method<TRequest, TResponse> method, TRequest request, SimulatedUnaryCall<TResponse> call)
        where TRequest : class
        where TResponse : class
    {
        var link = new SimulatedLink(network, process, server.Process) { ClientLost = call.Unreachable };
        server.Process.Killed += link.Break;
        var context = new SimulatedServerCall(method.FullName);
        call.Ended = () => link.ToServer(context.Cancel);
        link.ToServer(() => _ = AnswerAsync());

        async Task AnswerAsync()
        {
            network.World.Note($"{server.Process.Name} <- {method.Name} from {process.Name}");
            try
            {
                var response = Copy(await server.CallAsync<TRequest, TResponse>(method.FullName, request, context));
                link.ToClient(() => call.Answer(response));
            }
            catch (RpcException failure)
            {
                link.ToClient(() => call.Fail(failure.Status));
            }
            catch (OperationCanceledException)
            {
                link.ToClient(() => call.Fail(new Status(StatusCode.Cancelled, "cancelled")));
            }
        }
    }

    private void SendStreaming<TRequest, TResponse>(
        SimulatedManagerServer server, Method<TRequest, TResponse> method, TRequest request, SimulatedStream<TResponse> stream)
        where TRequest : class
        where TResponse : class
    {
        var link = new SimulatedLink(network, process, server.Process) { ClientLost = stream.Lost };
        server.Process.Killed += link.Break;
        var context = new SimulatedServerCall(method.FullName);
        link.ServerLost = context.Cancel;
        stream.Ended = link.Break;
        link.ToServer(() => _ = ServeAsync());

        async Task ServeAsync()
        {
            network.World.Note($"{server.Process.Name} <- {method.Name} from {process.Name}");
            var writer = new SimulatedStreamWriter<TResponse>(message =>
            {
                var copy = Copy(message);
                link.ToClient(() => stream.Add(copy));
            });
            try
            {
                await server.ServeAsync(method.FullName, request, writer, context);
            }
            catch (RpcException)
            {
                // The stream ends, which is all that its reader needs to know.
            }

            link.Break();
        }
    }
}
