using System.Text.Json.Nodes;
using SealFs.Testing.Kubernetes.Fields;
using SealFs.Testing.Kubernetes.Schemas;
using SealFs.Testing.Kubernetes.Storage;

namespace SealFs.Testing.Kubernetes.Requests;

/// <summary>Create, update, patch, apply and delete, each as one transaction.</summary>
internal sealed class Writer(ObjectStore store, ResourceTypes types, TimeProvider clock)
{
    private readonly GarbageCollector _collector = new(store, clock);
    private long _names;

    private string Now => clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");

    public JsonObject Create(ApiRequest request)
    {
        var value = Body(request).DeepClone().AsObject();
        var metadata = Metadata(value);
        lock (store.Gate)
        {
            if ((string?)metadata["name"] is null or "" && (string?)metadata["generateName"] is { Length: > 0 } prefix)
                metadata["name"] = $"{prefix}{Interlocked.Increment(ref _names):x5}";
            var name = (string?)metadata["name"] is { Length: > 0 } given ? given : throw ApiErrorException.Invalid(request.Type.Kind, "", ["metadata.name: Required value"]);
            var key = ObjectKey.Of(request.Type, request.Namespace, name);
            if (store.Get(key) is not null)
                throw ApiErrorException.Exists(request.Type.GroupResource, name);
            if (metadata["resourceVersion"] is not null)
                throw ApiErrorException.BadRequest("resourceVersion should not be set on objects to be created");
            metadata.Remove("managedFields");
            if (request.Type.HasStatus && request.Type.Plural is not ("pods" or "nodes"))
                value.Remove("status");
            return Store(request, key, null, value, stamped: fields => fields.Changed(request.Type, null, value, request.FieldManager, "", Now));
        }
    }

    public JsonObject Update(ApiRequest request)
    {
        lock (store.Gate)
        {
            var (key, live) = Find(request);
            return Replace(request, key, live, Body(request).DeepClone().AsObject());
        }
    }

    public JsonObject Patch(ApiRequest request)
    {
        lock (store.Gate)
        {
            if (request.ContentType is "application/apply-patch+yaml" or "application/apply-patch+json")
                return Apply(request);
            var (key, live) = Find(request);
            var patched = Patches.Apply(request.Type, live, request.Body ?? throw ApiErrorException.BadRequest("A patch is missing."), request.ContentType);
            return Replace(request, key, live, patched);
        }
    }

    public JsonObject Delete(ApiRequest request)
    {
        lock (store.Gate)
        {
            var (key, live) = Find(request);
            var preconditions = request.Body?["preconditions"];
            if ((string?)preconditions?["uid"] is { } uid && uid != (string)live["metadata"]!["uid"]!)
                throw ApiErrorException.Conflict(request.Type.GroupResource, request.Name, $"the UID in the precondition ({uid}) does not match");
            if ((string?)preconditions?["resourceVersion"] is { } version && version != (string)live["metadata"]!["resourceVersion"]!)
                throw ApiErrorException.Modified(request.Type.GroupResource, request.Name);
            var policy = (string?)request.Body?["propagationPolicy"] ?? request.Text("propagationPolicy");
            if (!IsDryRun(request))
                return _collector.Delete(key, live, orphan: policy == "Orphan", afterwards: Removed);
            return live;
        }
    }

    /// <summary>Creates or replaces without any of the rules: what controllers of the cluster do in tests.</summary>
    public void Force(ObjectKey key, JsonObject value)
    {
        lock (store.Gate)
            Finish(key, value);
    }

    private JsonObject Apply(ApiRequest request)
    {
        if (request.Text("fieldManager").Length == 0)
            throw ApiErrorException.BadRequest("PatchOptions.meta.k8s.io is invalid: fieldManager: Required value: is required for apply patch");
        var applied = Body(request).DeepClone().AsObject();
        var key = ObjectKey.Of(request.Type, request.Namespace, request.Name);
        var live = store.Get(key);
        if ((string?)applied["metadata"]?["resourceVersion"] is { } expected && expected != (string?)live?["metadata"]?["resourceVersion"])
            throw ApiErrorException.Modified(request.Type.GroupResource, request.Name);
        if (applied["metadata"]?["managedFields"] is not null)
            throw ApiErrorException.BadRequest("metadata.managedFields must be nil");
        if (live is null && request.Subresource.Length > 0)
            throw ApiErrorException.NotFound(request.Type.GroupResource, request.Name);
        if (request.Subresource == "status")
            applied = new JsonObject { ["apiVersion"] = applied["apiVersion"]?.DeepClone(), ["kind"] = applied["kind"]?.DeepClone(), ["status"] = applied["status"]?.DeepClone() };
        else if (request.Type.HasStatus)
            applied.Remove("status");
        var merged = ServerSideApply.Merge(request.Type, live, applied, request, Now);
        merged["apiVersion"] = request.Type.GroupVersion;
        merged["kind"] = request.Type.Kind;
        Metadata(merged)["name"] = request.Name;
        if (live is null)
            return Store(request, key, null, merged, stamped: null);
        return Store(request, key, live, merged, stamped: null);
    }

    private JsonObject Replace(ApiRequest request, ObjectKey key, JsonObject live, JsonObject value)
    {
        var metadata = Metadata(value);
        if ((string?)metadata["resourceVersion"] is { Length: > 0 } version && version != (string)live["metadata"]!["resourceVersion"]!)
            throw ApiErrorException.Modified(request.Type.GroupResource, request.Name);
        if ((string?)metadata["uid"] is { } uid && uid != (string)live["metadata"]!["uid"]!)
            throw ApiErrorException.Conflict(request.Type.GroupResource, request.Name, $"Precondition failed: UID in precondition: {uid}");
        if (request.Subresource == "status")
        {
            var status = value["status"]?.DeepClone();
            value = live.DeepClone().AsObject();
            value["status"] = status;
        }
        else if (request.Type.HasStatus)
        {
            value.Remove("status");
            if (live["status"] is { } status)
                value["status"] = status.DeepClone();
        }
        return Store(request, key, live, value, fields => fields.Changed(request.Type, live, value, request.FieldManager, request.Subresource, Now));
    }

    private JsonObject Store(ApiRequest request, ObjectKey key, JsonObject? live, JsonObject value, Action<ManagedFields>? stamped)
    {
        var metadata = Metadata(value);
        foreach (var name in new[] { "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink" })
            Carry(live, metadata, name);
        value["apiVersion"] ??= request.Type.GroupVersion;
        value["kind"] ??= request.Type.Kind;
        if (key.Namespace.Length > 0)
            metadata["namespace"] = key.Namespace;
        if (live is null)
        {
            metadata["uid"] = Guid.NewGuid().ToString();
            metadata["creationTimestamp"] = Now;
            metadata["generation"] = 1;
        }
        Validate(request, live, value);
        if (stamped is not null)
        {
            var fields = ManagedFields.Of(live);
            stamped(fields);
            fields.WriteTo(value);
        }
        if (live is not null && SameBut(live, value, "managedFields"))
        {
            // Nothing changes, so that nothing is written: neither the version nor anybody's ownership, except what an apply has just claimed.
            if (stamped is not null || SameBut(live, value, "") || SameOwnership(live, value))
                return live;
        }
        if (live is not null && !JsonNode.DeepEquals(live["spec"], value["spec"]))
            metadata["generation"] = (long)live["metadata"]!["generation"]! + 1;
        if (IsDryRun(request))
            return value;
        return Finish(key, value);
    }

    private JsonObject Finish(ObjectKey key, JsonObject value)
    {
        if (value["metadata"]!["deletionTimestamp"] is not null && value["metadata"]!["finalizers"]?.AsArray() is null or { Count: 0 })
        {
            store.Put(key, value);
            return _collector.Remove(key, Removed);
        }
        value = store.Put(key, value);
        if (key.Plural == "customresourcedefinitions")
            types.Define(value);
        return value;
    }

    private void Removed(ObjectKey key, JsonObject value)
    {
        if (key.Plural == "customresourcedefinitions")
            types.Forget(value);
    }

    private void Validate(ApiRequest request, JsonObject? live, JsonObject value)
    {
        var problems = request.Type.Schema is { } schema
            ? SchemaValidator.Validate(schema, value, live, strict: request.Text("fieldValidation") == "Strict")
            : BuiltInRules.Check(request.Type, live, value);
        if (problems.Count > 0)
            throw ApiErrorException.Invalid(request.Type.Kind, request.Name.Length > 0 ? request.Name : (string?)value["metadata"]!["name"] ?? "", problems);
    }

    private (ObjectKey Key, JsonObject Live) Find(ApiRequest request)
    {
        var key = ObjectKey.Of(request.Type, request.Namespace, request.Name);
        return (key, store.Get(key) ?? throw ApiErrorException.NotFound(request.Type.GroupResource, request.Name));
    }

    private static bool IsDryRun(ApiRequest request) => request.Text("dryRun") == "All";

    private static JsonObject Body(ApiRequest request)
    {
        var body = request.Body as JsonObject ?? throw ApiErrorException.BadRequest("The body is no object.");
        if ((string?)body["kind"] is { } kind && kind != request.Type.Kind && kind != "Scale")
            throw ApiErrorException.BadRequest($"the object provided is {kind}, not {request.Type.Kind}");
        return body;
    }

    private static JsonObject Metadata(JsonObject value)
    {
        if (value["metadata"] is not JsonObject metadata)
            value["metadata"] = metadata = [];
        return metadata;
    }

    private static void Carry(JsonObject? live, JsonObject metadata, string name)
    {
        metadata.Remove(name);
        if (live?["metadata"]?[name] is { } kept)
            metadata[name] = kept.DeepClone();
    }

    private static bool SameBut(JsonObject one, JsonObject other, string ignored)
    {
        return JsonNode.DeepEquals(Stripped(one), Stripped(other));

        JsonNode Stripped(JsonObject value)
        {
            var copy = value.DeepClone();
            copy["metadata"]!.AsObject().Remove("resourceVersion");
            copy["metadata"]!.AsObject().Remove(ignored);
            return copy;
        }
    }

    private static bool SameOwnership(JsonObject one, JsonObject other)
    {
        return JsonNode.DeepEquals(Untimed(one), Untimed(other));

        static JsonArray Untimed(JsonObject value)
        {
            var copy = value["metadata"]!["managedFields"]?.DeepClone().AsArray() ?? [];
            foreach (var entry in copy)
                entry!.AsObject().Remove("time");
            return copy;
        }
    }
}
