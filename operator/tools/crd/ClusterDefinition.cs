using System.Reflection;
using System.Text.Json.Nodes;
using SealFs.Operator.Api;

namespace SealFs.Operator.CrdTool;

/// <summary>The CustomResourceDefinition of <see cref="SealFsCluster"/>, made from the class. crds/ has it as a file; a test fails when the two differ.</summary>
public static class ClusterDefinition
{
    public const string FileName = "sealfsclusters.yaml";

    private const string Head = """
        # Written by operator/tools/crd from the classes in operator/Api: change those, and run
        #   dotnet run --project operator/tools/crd crds charts/sealfs/templates/crds
        """;

    public static string ToYaml() => Head + "\n" + YamlText.Of(Build());

    public static JsonObject Build()
    {
        var comments = DocComments.Load();
        var builder = new SchemaBuilder(comments);
        var type = typeof(SealFsCluster);
        var root = new JsonObject
        {
            ["type"] = "object",
            ["description"] = comments.Of(type),
            ["required"] = new JsonArray("spec"),
            ["properties"] = new JsonObject
            {
                ["apiVersion"] = new JsonObject { ["type"] = "string" },
                ["kind"] = new JsonObject { ["type"] = "string" },
                ["metadata"] = new JsonObject { ["type"] = "object" },
                ["spec"] = builder.Of(typeof(ClusterSpec)),
                ["status"] = builder.Of(typeof(ClusterStatus)),
            },
        };
        SchemaBuilder.AddRules(root, type);
        return new JsonObject
        {
            ["apiVersion"] = "apiextensions.k8s.io/v1",
            ["kind"] = "CustomResourceDefinition",
            ["metadata"] = new JsonObject { ["name"] = $"{SealFsCluster.Plural}.{SealFsCluster.ApiGroup}" },
            ["spec"] = new JsonObject
            {
                ["group"] = SealFsCluster.ApiGroup,
                ["scope"] = "Namespaced",
                ["names"] = new JsonObject
                {
                    ["kind"] = SealFsCluster.KindName,
                    ["listKind"] = $"{SealFsCluster.KindName}List",
                    ["plural"] = SealFsCluster.Plural,
                    ["singular"] = "sealfscluster",
                    ["shortNames"] = new JsonArray("sfc"),
                    ["categories"] = new JsonArray("sealfs"),
                },
                ["versions"] = new JsonArray(Version(root, type)),
            },
        };
    }

    private static JsonObject Version(JsonObject schema, Type type) => new()
    {
        ["name"] = SealFsCluster.Version,
        ["served"] = true,
        ["storage"] = true,
        ["subresources"] = new JsonObject
        {
            ["status"] = new JsonObject(),
            ["scale"] = new JsonObject
            {
                ["specReplicasPath"] = ".spec.storageNodes.replicas",
                ["statusReplicasPath"] = ".status.nodesReady",
                ["labelSelectorPath"] = ".status.selector",
            },
        },
        ["additionalPrinterColumns"] = new JsonArray([.. type.GetCustomAttributes<ColumnAttribute>().Select(Column)]),
        ["schema"] = new JsonObject { ["openAPIV3Schema"] = schema },
    };

    private static JsonObject Column(ColumnAttribute column)
    {
        var json = new JsonObject { ["name"] = column.Name, ["type"] = column.Type, ["jsonPath"] = column.Path };
        if (column.Priority > 0)
            json["priority"] = column.Priority;
        return json;
    }
}
