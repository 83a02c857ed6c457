using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using SealFs.Testing.Kubernetes.Storage;

namespace SealFs.Testing.Kubernetes.Requests;

/// <summary>A watch: one JSON object a line, bookmarks when they are asked for, an end when the time is over.</summary>
internal sealed class Watcher(ObjectStore store, Faults faults)
{
    /// <summary>Real servers send one every minute or so; here they come after every pause, so that they are seen.</summary>
    private static readonly TimeSpan s_bookmarkInterval = TimeSpan.FromMilliseconds(200);

    public async Task RunAsync(ApiRequest request, HttpContext context, CancellationToken stopping)
    {
        var selection = Selection.Of(request);
        var seconds = int.TryParse(request.Text("timeoutSeconds"), out var given) ? given : 1800;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping, faults.WatchesCut);
        end.CancelAfter(TimeSpan.FromSeconds(seconds));
        context.Response.ContentType = "application/json";
        await context.Response.StartAsync(CancellationToken.None);
        await context.Response.Body.FlushAsync(CancellationToken.None);
        try
        {
            var position = await StartAsync(request, selection, context, end.Token);
            while (true)
            {
                var (version, events, changed) = store.Since(position);
                if (faults.WatchesAreSilent)
                    await Task.Delay(Timeout.Infinite, end.Token);
                foreach (var change in events.Where(change => Concerns(request, change)))
                {
                    if (Translate(selection, change) is { } type)
                        await SendAsync(context, type, change.Object, end.Token);
                }
                position = version;
                if (await WaitAsync(changed, end.Token) || !request.Flag("allowWatchBookmarks"))
                    await changed.WaitAsync(end.Token);
                else
                    await SendAsync(context, "BOOKMARK", Bookmark(request, version), end.Token);
            }
        }
        catch (ApiErrorException error)
        {
            await SendAsync(context, "ERROR", error.ToStatus(), CancellationToken.None);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            if (faults.Outage)
                context.Abort();
        }
    }

    private async Task<long> StartAsync(ApiRequest request, Selection selection, HttpContext context, CancellationToken end)
    {
        if (long.TryParse(request.Text("resourceVersion"), out var version) && version > 0)
        {
            store.CheckStart(version);
            return version;
        }
        var (now, items) = store.List(request.Type, request.Namespace);
        foreach (var (_, value) in items.Where(item => selection.Matches(item.Object)))
            await SendAsync(context, "ADDED", value, end);
        return now;
    }

    /// <summary>True when something has changed.</summary>
    private static async Task<bool> WaitAsync(Task changed, CancellationToken end)
    {
        try
        {
            await changed.WaitAsync(s_bookmarkInterval, end);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static bool Concerns(ApiRequest request, StoredEvent change) =>
        change.Key.Group == request.Type.Group && change.Key.Plural == request.Type.Plural
        && (request.Namespace.Length == 0 || change.Key.Namespace == request.Namespace);

    private static string? Translate(Selection selection, StoredEvent change)
    {
        var matches = selection.Matches(change.Object);
        var matched = change.Previous is not null && selection.Matches(change.Previous);
        return (change.Type, matched, matches) switch
        {
            ("DELETED", true, _) => "DELETED",
            ("DELETED", _, _) => null,
            (_, true, true) => "MODIFIED",
            (_, false, true) => "ADDED",
            (_, true, false) => "DELETED",
            _ => null,
        };
    }

    private static JsonObject Bookmark(ApiRequest request, long version) => new()
    {
        ["kind"] = request.Type.Kind,
        ["apiVersion"] = request.Type.GroupVersion,
        ["metadata"] = new JsonObject { ["resourceVersion"] = $"{version}", ["creationTimestamp"] = null },
    };

    private static async Task SendAsync(HttpContext context, string type, JsonObject value, CancellationToken end)
    {
        await context.Response.WriteAsync($"{{\"type\":\"{type}\",\"object\":{value.ToJsonString()}}}\n", end);
        await context.Response.Body.FlushAsync(end);
    }
}
