using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using k8s;
using k8s.Models;
using SealFs.Testing.Kubernetes;

namespace SealFs.Operator.Tests.Chart;

/// <summary>Documents of YAML, read as strictly as an API server with field validation does.</summary>
internal static class Manifests
{
    private static readonly Dictionary<string, Type> s_types = new Type[]
    {
        typeof(V1Namespace), typeof(V1Service), typeof(V1ServiceAccount), typeof(V1ConfigMap), typeof(V1PersistentVolume), typeof(V1PersistentVolumeClaim), typeof(V1Deployment),
        typeof(V1DaemonSet), typeof(V1StatefulSet), typeof(V1StorageClass), typeof(V1CSIDriver), typeof(V1PodDisruptionBudget), typeof(V1ClusterRole), typeof(V1ClusterRoleBinding),
        typeof(V1Role), typeof(V1RoleBinding),
    }.ToDictionary(type => type.Name[2..]);

    private static readonly JsonSerializerOptions s_strict = new()
    {
        TypeInfoResolver = SourceGenerationContext.Default,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>Each document, and the text that it was read from.</summary>
    public static IReadOnlyList<(string Text, JsonObject Object)> Read(string text) =>
        [.. text.Split("\n---").Where(part => Yaml.ParseAll(part) is [JsonObject]).Select(part => (part, Yaml.ParseAll(part)[0]!.AsObject()))];

    /// <summary>Fails where a field does not exist in the kind, and for a custom resource where its definition refuses it or drops something.</summary>
    public static void Check(ApiServer server, string text)
    {
        foreach (var document in Read(text).Select(one => one.Object))
        {
            var kind = (string)document["kind"]!;
            if (s_types.TryGetValue(kind, out var type))
                Assert.IsType(type, document.Deserialize(type, s_strict));
            else if (kind == "CustomResourceDefinition")
                server.Create("customresourcedefinitions", "", document.DeepClone().AsObject());
            else if (kind == "SealFsCluster")
                CheckKept(document["spec"]!, server.Create("sealfsclusters", (string?)document["metadata"]!["namespace"] ?? "default", document.DeepClone().AsObject())["spec"], "spec");
            else
                Assert.Contains(kind, (string[])["ServiceMonitor", "PrometheusRule"]);
        }
    }

    /// <summary>What the definition does not know is dropped in silence: that is a mistake in a file of ours.</summary>
    private static void CheckKept(JsonNode wanted, JsonNode? kept, string path)
    {
        Assert.True(kept is not null, $"{path} is not in the definition");
        switch (wanted)
        {
            case JsonObject map:
                foreach (var (name, child) in map.Where(pair => pair.Value is not null))
                    CheckKept(child!, kept[name], $"{path}.{name}");
                break;
            case JsonArray list:
                for (var i = 0; i < list.Count; i++)
                    CheckKept(list[i]!, kept.AsArray()[i], $"{path}[{i}]");
                break;
        }
    }
}
