using k8s;
using SealFs.Operator.Runtime;
using SealFs.Testing.Kubernetes;

namespace SealFs.Operator.Tests;

internal static class Clients
{
    public const string FieldManager = "sealfs-operator";

    public static Kubernetes Client(this ApiServer server) => new(new KubernetesClientConfiguration { Host = server.Url });

    public static ApiConnection Connect(this ApiServer server, TimeProvider? clock = null) => new(server.Client(), FieldManager, clock ?? TimeProvider.System);
}
