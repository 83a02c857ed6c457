using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SealFs.Testing.Kubernetes.Requests;
using SealFs.Testing.Kubernetes.Storage;

namespace SealFs.Testing.Kubernetes;

/// <summary>
/// A Kubernetes API server in memory, over real HTTP on loopback: list, watch with bookmarks and 410, optimistic concurrency, the status and scale
/// subresources, server-side apply with managed fields, finalizers, garbage collection by owner references, and CustomResourceDefinitions with validation. kubectl and
/// the client libraries talk to it. There are no controllers and no authentication.
/// </summary>
public sealed class ApiServer : IAsyncDisposable
{
    private readonly ObjectStore _store = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Writer _writer;
    private readonly WebApplication _application;

    private ApiServer(TimeProvider clock)
    {
        _writer = new Writer(_store, Types, clock);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSingleton<IHostLifetime, SilentLifetime>();
        _application = builder.Build();
        _application.UseWebSockets();
        _application.Run(HandleAsync);
    }

    public ResourceTypes Types { get; } = new();

    public Faults Faults { get; } = new();

    public RequestLog Requests { get; } = new();

    /// <summary>Is told of every request when it has been answered.</summary>
    public Action<ApiRequest>? Answered { get; set; }

    /// <summary>Where the ports of a pod ("namespace/name") are, for port-forward; null where nobody listens.</summary>
    public Func<string, EndPoint?>? PodAddress { get; set; }

    /// <summary>The version of the last change.</summary>
    public long Version => _store.Version;

    public string Url { get; private set; } = "";

    public static async Task<ApiServer> StartAsync(TimeProvider? clock = null)
    {
        var server = new ApiServer(clock ?? TimeProvider.System);
        await server._application.StartAsync();
        server.Url = server._application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        server.Create("namespaces", "", new JsonObject { ["metadata"] = new JsonObject { ["name"] = "default" } });
        return server;
    }

    /// <summary>A kubeconfig for this server.</summary>
    public string Kubeconfig => $$$"""
        apiVersion: v1
        kind: Config
        current-context: test
        clusters: [{name: test, cluster: {server: "{{{Url}}}"}}]
        contexts: [{name: test, context: {cluster: test, user: test, namespace: default}}]
        users: [{name: test, user: {token: test}}]
        """;

    public JsonObject? Get(string plural, string space, string name) => _store.Get(ObjectKey.Of(Types.Require(plural), space, name))?.DeepClone().AsObject();

    public IReadOnlyList<JsonObject> List(string plural, string space = "") =>
        [.. _store.List(Types.Require(plural), space).Items.Select(item => item.Object.DeepClone().AsObject())];

    /// <summary>Creates as if somebody had sent it, without being a request that is counted.</summary>
    public JsonObject Create(string plural, string space, JsonObject value) =>
        _writer.Create(Internal(plural, space, "", "create") with { Body = value }).DeepClone().AsObject();

    /// <summary>Changes an object in place, status included, as controllers of the cluster do.</summary>
    public void Change(string plural, string space, string name, Action<JsonObject> change)
    {
        lock (_store.Gate)
        {
            var key = ObjectKey.Of(Types.Require(plural), space, name);
            var copy = (_store.Get(key) ?? throw ApiErrorException.NotFound(plural, name)).DeepClone().AsObject();
            change(copy);
            _writer.Force(key, copy);
        }
    }

    /// <summary>Changes an object as another manager of fields.</summary>
    public void Update(string plural, string space, string name, string manager, Action<JsonObject> change)
    {
        lock (_store.Gate)
        {
            var copy = Get(plural, space, name) ?? throw ApiErrorException.NotFound(plural, name);
            change(copy);
            _writer.Update(Internal(plural, space, name, "update") with { Body = copy, FieldManager = manager });
        }
    }

    public void Delete(string plural, string space, string name) => _writer.Delete(Internal(plural, space, name, "delete"));

    /// <summary>Forgets the history of changes: watches that go on from before it are told 410.</summary>
    public void Compact() => _store.Compact();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _application.StopAsync();
        await _application.DisposeAsync();
        Faults.Dispose();
        _stopping.Dispose();
    }

    private ApiRequest Internal(string plural, string space, string name, string verb) =>
        new(Types.Require(plural), space, name, "", verb, QueryCollection.Empty) { FieldManager = "test" };

    private async Task HandleAsync(HttpContext context)
    {
        try
        {
            if (await RequestParser.ParseAsync(context, Types) is not { } request)
            {
                if (Faults.Outage)
                    context.Abort();
                else if (Discovery.Answer(context.Request.Path.Value!, Types) is { } discovery)
                    await WriteAsync(context, 200, discovery);
                else
                    throw new ApiErrorException(404, "NotFound", "the server could not find the requested resource");
                return;
            }
            Requests.Add(request);
            await AnswerAsync(context, request);
            Answered?.Invoke(request);
        }
        catch (ApiErrorException error)
        {
            await WriteAsync(context, error.Code, error.ToStatus());
        }
        catch (Exception exception) when (!context.Response.HasStarted && exception is not OperationCanceledException)
        {
            await WriteAsync(context, 500, new ApiErrorException(500, "InternalError", exception.ToString()).ToStatus());
        }
    }

    private async Task AnswerAsync(HttpContext context, ApiRequest request)
    {
        var fault = Faults.For(request);
        if (fault?.Error is { } error)
            throw error;
        if (fault?.Break == true)
        {
            context.Abort();
            return;
        }
        if (request is { Type.Plural: "pods", Subresource: "portforward" })
        {
            Find(request);
            await PortForward.RunAsync(context, PodAddress?.Invoke($"{request.Namespace}/{request.Name}"), _stopping.Token);
            return;
        }
        if (request.Verb == "watch")
        {
            await new Watcher(_store, Faults).RunAsync(request, context, _stopping.Token);
            return;
        }
        var answer = Execute(request);
        if (fault?.BreakAfterwards == true)
            context.Abort();
        else
            await WriteAsync(context, request.Verb == "create" ? 201 : 200, answer);
    }

    private JsonObject Execute(ApiRequest request)
    {
        CheckSubresource(request);
        if (request.Subresource == "scale")
        {
            var live = Find(request);
            if (request.Verb == "get")
                return ScaleSubresource.Of(request.Type, live);
            return ScaleSubresource.Of(request.Type, _writer.Update(ScaleSubresource.Translate(request, live)));
        }
        return request.Verb switch
        {
            "get" => Find(request),
            "list" => List(request),
            "create" => _writer.Create(request),
            "update" => _writer.Update(request),
            "patch" => _writer.Patch(request),
            "delete" => _writer.Delete(request),
            var verb => throw new ApiErrorException(405, "MethodNotAllowed", $"This server does not know '{verb}'."),
        };
    }

    private static void CheckSubresource(ApiRequest request)
    {
        var known = request.Subresource switch
        {
            "" => true,
            "status" => request.Type.HasStatus && request.Verb is "get" or "update" or "patch",
            "scale" => request.Type.Scale is not null && request.Verb is "get" or "update" or "patch",
            _ => false,
        };
        if (!known)
            throw ApiErrorException.NotFound(request.Type.GroupResource, request.Subresource);
    }

    private JsonObject Find(ApiRequest request) =>
        _store.Get(ObjectKey.Of(request.Type, request.Namespace, request.Name)) ?? throw ApiErrorException.NotFound(request.Type.GroupResource, request.Name);

    private JsonObject List(ApiRequest request)
    {
        var selection = Selection.Of(request);
        var (version, items) = _store.List(request.Type, request.Namespace);
        return new JsonObject
        {
            ["kind"] = $"{request.Type.Kind}List",
            ["apiVersion"] = request.Type.GroupVersion,
            ["metadata"] = new JsonObject { ["resourceVersion"] = $"{version}" },
            ["items"] = new JsonArray([.. items.Where(item => selection.Matches(item.Object)).Select(item => item.Object.DeepClone())]),
        };
    }

    private static async Task WriteAsync(HttpContext context, int code, JsonObject value)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(value.ToJsonString());
    }

    private sealed class SilentLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
