using System.Text.Json.Nodes;
using SealFs.Testing.Kubernetes;

namespace SealFs.Operator.Tests;

internal static class MonitorDefinition
{
    /// <summary>The definition that the Prometheus operator brings along.</summary>
    public static void DefineServiceMonitors(this ApiServer server) => server.Create("customresourcedefinitions", "", new JsonObject
    {
        ["metadata"] = new JsonObject { ["name"] = "servicemonitors.monitoring.coreos.com" },
        ["spec"] = new JsonObject
        {
            ["group"] = "monitoring.coreos.com",
            ["scope"] = "Namespaced",
            ["names"] = new JsonObject { ["kind"] = "ServiceMonitor", ["plural"] = "servicemonitors" },
            ["versions"] = new JsonArray(new JsonObject
            {
                ["name"] = "v1",
                ["served"] = true,
                ["storage"] = true,
                ["schema"] = new JsonObject { ["openAPIV3Schema"] = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["spec"] = new JsonObject { ["type"] = "object", ["x-kubernetes-preserve-unknown-fields"] = true } } } },
            }),
        },
    });
}
