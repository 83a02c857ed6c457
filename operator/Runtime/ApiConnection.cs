using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace SealFs.Operator.Runtime;

/// <summary>
/// Requests to the API server for any kind of object. Address, TLS and credentials are those of the client library; paths, patches and watches are
/// our own: the library's watches can die without a word, and it has no typed server-side apply for custom resources.
/// </summary>
public sealed partial class ApiConnection(Kubernetes client, string fieldManager, TimeProvider clock)
{
    /// <summary>The name under which fields are owned and writes are known.</summary>
    public string FieldManager => fieldManager;

    public Task<T> GetAsync<T>(ObjectName name, CancellationToken cancellation)
        where T : IKubernetesObject<V1ObjectMeta> =>
        SendAsync<T>(HttpMethod.Get, ResourceKind.Of<T>().Path(name.Namespace, name.Name), null, null, cancellation);

    public async Task<T?> FindAsync<T>(ObjectName name, CancellationToken cancellation)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        try
        {
            return await GetAsync<T>(name, cancellation);
        }
        catch (ApiException exception) when (exception.IsNotFound)
        {
            return null;
        }
    }

    public async Task<ObjectList<T>> ListAsync<T>(string space, string labelSelector, CancellationToken cancellation)
        where T : IKubernetesObject<V1ObjectMeta>
    {
        var query = labelSelector.Length == 0 ? "" : $"?labelSelector={Uri.EscapeDataString(labelSelector)}";
        return ObjectList<T>.Parse(await SendAsync<JsonObject>(HttpMethod.Get, ResourceKind.Of<T>().Path(space) + query, null, null, cancellation));
    }

    public Task<T> CreateAsync<T>(T value, CancellationToken cancellation)
        where T : IKubernetesObject<V1ObjectMeta> =>
        SendAsync<T>(HttpMethod.Post, WithManager(ResourceKind.Of<T>().Path(value.Metadata.NamespaceProperty)), Json(value), "application/json", cancellation);

    /// <summary>Fails with a conflict when the object has another version than <paramref name="value"/>.</summary>
    public Task<T> ReplaceAsync<T>(T value, string subresource, CancellationToken cancellation)
        where T : IKubernetesObject<V1ObjectMeta> => SendAsync<T>(
        HttpMethod.Put, WithManager(ResourceKind.Of<T>().Path(value.Metadata.NamespaceProperty, value.Metadata.Name, subresource)), Json(value), "application/json", cancellation);

    public Task<T> MergeAsync<T>(ObjectName name, JsonObject patch, CancellationToken cancellation)
        where T : IKubernetesObject<V1ObjectMeta> => SendAsync<T>(
        HttpMethod.Patch, WithManager(ResourceKind.Of<T>().Path(name.Namespace, name.Name)), patch.ToJsonString(), "application/merge-patch+json", cancellation);

    public Task<T> PatchAsync<T>(ObjectName name, JsonArray operations, CancellationToken cancellation)
        where T : IKubernetesObject<V1ObjectMeta> => SendAsync<T>(
        HttpMethod.Patch, WithManager(ResourceKind.Of<T>().Path(name.Namespace, name.Name)), operations.ToJsonString(), "application/json-patch+json", cancellation);

    /// <summary>Server-side apply, with force: what this manager owns is as it says.</summary>
    public Task<T> ApplyAsync<T>(ObjectName name, JsonObject configuration, CancellationToken cancellation)
        where T : IKubernetesObject<V1ObjectMeta> => SendAsync<T>(
        HttpMethod.Patch, $"{WithManager(ResourceKind.Of<T>().Path(name.Namespace, name.Name))}&force=true", configuration.ToJsonString(), "application/apply-patch+yaml",
        cancellation);

    /// <summary>Deletes exactly the object that was seen; one that is gone already is no failure.</summary>
    public async Task DeleteAsync<T>(T value, bool orphan, CancellationToken cancellation)
        where T : IKubernetesObject<V1ObjectMeta>
    {
        var options = new JsonObject
        {
            ["kind"] = "DeleteOptions",
            ["apiVersion"] = "v1",
            ["preconditions"] = new JsonObject { ["uid"] = value.Metadata.Uid },
            ["propagationPolicy"] = orphan ? "Orphan" : "Background",
        };
        try
        {
            var path = ResourceKind.Of<T>().Path(value.Metadata.NamespaceProperty, value.Metadata.Name);
            await SendAsync<JsonObject>(HttpMethod.Delete, path, options.ToJsonString(), "application/json", cancellation);
        }
        catch (ApiException exception) when (exception.IsNotFound)
        {
        }
    }

    /// <summary>One watch, until the server or <paramref name="silence"/> ends it. Every line comes as it is, so that errors and bookmarks can be told apart.</summary>
    /// <exception cref="TimeoutException">Nothing came for <paramref name="silence"/>.</exception>
    public async IAsyncEnumerable<WatchLine> WatchAsync<T>(
        string space, string labelSelector, string version, int seconds, TimeSpan silence, [EnumeratorCancellation] CancellationToken cancellation)
        where T : IKubernetesObject<V1ObjectMeta>
    {
        var query = $"?watch=true&allowWatchBookmarks=true&timeoutSeconds={seconds}&resourceVersion={version}";
        if (labelSelector.Length > 0)
            query += $"&labelSelector={Uri.EscapeDataString(labelSelector)}";
        using var request = await RequestAsync(HttpMethod.Get, ResourceKind.Of<T>().Path(space) + query, null, null, cancellation);
        using var response = await Guarded(() => client.HttpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).WaitAsync(silence, clock, cancellation), cancellation);
        if (!response.IsSuccessStatusCode)
            throw await FailureAsync(response, cancellation);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellation));
        while (await Guarded(() => reader.ReadLineAsync(cancellation).AsTask().WaitAsync(silence, clock, cancellation), cancellation) is { } line)
            yield return WatchLine.Parse(line);
    }

    private string WithManager(string path) => $"{path}?fieldManager={fieldManager}";

    private static string Json<T>(T value)
        where T : notnull => ObjectJson.Serialize(value);

    private async Task<T> SendAsync<T>(HttpMethod method, string path, string? body, string? contentType, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(RuntimeLimits.CallTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        using var request = await RequestAsync(method, path, body, contentType, either.Token);
        using var response = await Guarded(() => client.HttpClient.SendAsync(request, either.Token), cancellation);
        if (!response.IsSuccessStatusCode)
            throw await FailureAsync(response, either.Token);
        var text = await Guarded(() => response.Content.ReadAsStringAsync(either.Token), cancellation);
        return ObjectJson.Deserialize<T>(text);
    }

    private async Task<HttpRequestMessage> RequestAsync(HttpMethod method, string path, string? body, string? contentType, CancellationToken cancellation)
    {
        var request = new HttpRequestMessage(method, new Uri(client.BaseUri, path)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionOrLower };
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, MediaTypeHeaderValue.Parse(contentType!));
        if (client.Credentials is not null)
            await client.Credentials.ProcessHttpRequestAsync(request, cancellation);
        return request;
    }

    /// <summary>Makes one kind of exception out of everything that a connection can do.</summary>
    private static async Task<TResult> Guarded<TResult>(Func<Task<TResult>> call, CancellationToken cancellation)
    {
        try
        {
            return await call();
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new ApiException(null, "Unreachable", $"The API server cannot be reached: {exception.Message}", exception);
        }
    }

    private static async Task<ApiException> FailureAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var text = await Guarded(() => response.Content.ReadAsStringAsync(cancellation), cancellation);
        try
        {
            var status = JsonSerializer.Deserialize(text, StatusJson.Default.StatusBody);
            return new ApiException(response.StatusCode, status?.Reason ?? "", status?.Message ?? text);
        }
        catch (JsonException)
        {
            return new ApiException(response.StatusCode, $"{response.StatusCode}", text);
        }
    }

    private sealed record StatusBody(string? Reason, string? Message);

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
    [JsonSerializable(typeof(StatusBody))]
    private sealed partial class StatusJson : JsonSerializerContext;
}
