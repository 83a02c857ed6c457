using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using SealFs.Testing.Kubernetes;

namespace SealFs.Operator.Tests.Clusters;

/// <summary>
/// What the controllers of Kubernetes and the kubelet do for StatefulSets, a little at every <see cref="Step"/>: claims, pods, readiness, one-by-one updates down to the
/// partition, and the status.
/// </summary>
internal sealed class FakeControllers(ApiServer server, FakeManager manager)
{
    /// <summary>Images with which no storage node becomes ready.</summary>
    public HashSet<string> BrokenImages { get; } = [];

    /// <summary>A storage node that is not ready, as long as it has this image, and since when.</summary>
    public (string Pod, string Image, DateTime Since)? Away { get; set; }

    public void Step()
    {
        foreach (var set in server.List("statefulsets"))
            Reconcile(set);
        manager.Step();
    }

    private void Reconcile(JsonObject set)
    {
        var space = (string)set["metadata"]!["namespace"]!;
        var name = (string)set["metadata"]!["name"]!;
        var replicas = (int)set["spec"]!["replicas"]!;
        var partition = (int?)set["spec"]!["updateStrategy"]?["rollingUpdate"]?["partition"] ?? 0;
        var revision = Revision(set);
        var current = (string?)set["status"]?["currentRevision"] ?? revision;
        var pods = server.List("pods", space).Where(pod => Ordinal(pod, name) >= 0).ToDictionary(pod => Ordinal(pod, name));

        if (pods.Keys.Where(ordinal => ordinal >= replicas).OrderDescending().FirstOrDefault(-1) is >= 0 and var last)
            Remove(space, name, last);
        for (var ordinal = 0; ordinal < replicas; ordinal++)
        {
            if (!pods.ContainsKey(ordinal))
                Create(set, space, name, ordinal, ordinal >= partition ? revision : current);
        }
        foreach (var (ordinal, pod) in pods.Where(pair => pair.Key < replicas))
            BecomeReady(space, name, ordinal, pod);
        Update(space, name, revision, partition, replicas);
        WriteStatus(space, name, revision, current, replicas);
    }

    /// <summary>One at a time, from the highest, and none while another is not ready.</summary>
    private void Update(string space, string name, string revision, int partition, int replicas)
    {
        for (var ordinal = replicas - 1; ordinal >= partition; ordinal--)
        {
            if (server.Get("pods", space, $"{name}-{ordinal}") is not { } pod)
                return;
            if (RevisionOf(pod) != revision)
            {
                Remove(space, name, ordinal);
                return;
            }
            if (!IsReady(pod))
                return;
        }
    }

    private void Create(JsonObject set, string space, string name, int ordinal, string revision)
    {
        foreach (var template in set["spec"]!["volumeClaimTemplates"]!.AsArray())
            CreateClaim(set, space, $"{template!["metadata"]!["name"]}-{name}-{ordinal}", template);

        // A pod of the current revision has the template that was current: its image is all that matters here.
        var spec = set["spec"]!["template"]!["spec"]!.DeepClone();
        var labels = set["spec"]!["template"]!["metadata"]!["labels"]!.DeepClone();
        labels["controller-revision-hash"] = revision;
        if (_images.TryGetValue(revision, out var image))
            spec["containers"]![0]!["image"] = image;
        server.Create("pods", space, new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = $"{name}-{ordinal}",
                ["labels"] = labels,
                ["ownerReferences"] = new JsonArray(new JsonObject { ["apiVersion"] = "apps/v1", ["kind"] = "StatefulSet", ["name"] = name, ["uid"] = (string)set["metadata"]!["uid"]!, ["controller"] = true }),
            },
            ["spec"] = spec,
        });
    }

    private readonly Dictionary<string, string> _images = [];

    private void CreateClaim(JsonObject set, string space, string name, JsonNode template)
    {
        if (server.Get("persistentvolumeclaims", space, name) is not null)
            return;
        server.Create("persistentvolumeclaims", space, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = set["spec"]!["selector"]!["matchLabels"]!.DeepClone() },
            ["spec"] = template["spec"]!.DeepClone(),
        });
    }

    private void BecomeReady(string space, string name, int ordinal, JsonObject pod)
    {
        var image = (string)pod["spec"]!["containers"]![0]!["image"]!;
        var isAway = Away is { } away && away.Pod == $"{name}-{ordinal}" && away.Image == image;
        var ready = !name.EndsWith("-node", StringComparison.Ordinal) || !(isAway || BrokenImages.Contains(image));
        if (name.EndsWith("-node", StringComparison.Ordinal))
            manager.SetLive($"{name}-{ordinal}", ready);
        if (IsReady(pod) == ready)
            return;
        server.Change("pods", space, $"{name}-{ordinal}", one => one["status"] = new JsonObject
        {
            ["phase"] = "Running",
            ["conditions"] = new JsonArray(new JsonObject
            {
                ["type"] = "Ready",
                ["status"] = ready ? "True" : "False",
                ["lastTransitionTime"] = isAway ? Away!.Value.Since.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture) : null,
            }),
        });
    }

    private void Remove(string space, string name, int ordinal)
    {
        var node = $"{name}-{ordinal}";
        if (server.Get("statefulsets", space, name) is not { } set)
            return;
        if (ordinal >= (int)set["spec"]!["replicas"]! && manager.ShardsOf(node) > 0)
            manager.Violations.Add($"{node} went with {manager.ShardsOf(node)} shards");
        server.Delete("pods", space, node);
        manager.SetLive(node, false);
    }

    private void WriteStatus(string space, string name, string revision, string current, int replicas)
    {
        // It may go at any time, with its cluster.
        if (server.Get("statefulsets", space, name) is not { } set)
            return;
        var pods = server.List("pods", space).Where(pod => Ordinal(pod, name) >= 0).ToList();
        var updated = pods.Count(pod => RevisionOf(pod) == revision);
        var status = new JsonObject
        {
            ["observedGeneration"] = set["metadata"]!["generation"]!.DeepClone(),
            ["replicas"] = pods.Count,
            ["readyReplicas"] = pods.Count(IsReady),
            ["updatedReplicas"] = updated,
            ["currentRevision"] = updated == replicas && pods.Count == replicas ? revision : current,
            ["updateRevision"] = revision,
        };
        if (!JsonNode.DeepEquals(JsonNode.Parse(status.ToJsonString()), set["status"]))
            server.Change("statefulsets", space, name, one => one["status"] = status);
    }

    private string Revision(JsonObject set)
    {
        var template = set["spec"]!["template"]!;
        var revision = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(template.ToJsonString())))[..10];
        _images[revision] = (string)template["spec"]!["containers"]![0]!["image"]!;
        return revision;
    }

    private static int Ordinal(JsonObject pod, string set)
    {
        var name = (string)pod["metadata"]!["name"]!;
        return name.StartsWith($"{set}-", StringComparison.Ordinal) && int.TryParse(name[(set.Length + 1)..], out var ordinal) ? ordinal : -1;
    }

    private static string RevisionOf(JsonObject pod) => (string?)pod["metadata"]!["labels"]!["controller-revision-hash"] ?? "";

    private static bool IsReady(JsonObject pod) => (string?)pod["status"]?["conditions"]?[0]?["status"] == "True";
}
