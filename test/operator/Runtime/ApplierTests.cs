using k8s;
using k8s.Models;
using SealFs.Operator.Runtime;
using SealFs.Testing.Kubernetes;

namespace SealFs.Operator.Tests.Runtime;

public sealed class ApplierTests : IAsyncLifetime
{
    private ApiServer _server = null!;
    private ApiConnection _api = null!;
    private Applier _applier = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ApiServer.StartAsync();
        _api = _server.Connect();
        _applier = new Applier(_api, "example.com/applied");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task The_same_again_is_not_written()
    {
        var live = await ApplyAsync(Service(7400), null, written: true);
        live = await ApplyAsync(Service(7400), live, written: false);
        await ApplyAsync(Service(7401), live, written: true);
    }

    [Fact]
    public async Task What_somebody_else_changed_is_put_right()
    {
        await ApplyAsync(Service(7400), null, written: true);
        _server.Update("services", "default", "s", "kubectl", service => service["spec"]!["type"] = "NodePort");
        var live = await ApplyAsync(Service(7400), await LiveAsync(), written: true);
        Assert.Equal("ClusterIP", live.Spec.Type);
        await ApplyAsync(Service(7400), live, written: false);
    }

    [Fact]
    public async Task What_others_add_is_left_alone()
    {
        await ApplyAsync(Service(7400), null, written: true);
        _server.Update("services", "default", "s", "kubectl", service =>
        {
            service["metadata"]!["labels"]!["team"] = "storage";
            service["spec"]!["sessionAffinity"] = "ClientIP";
        });
        var live = await ApplyAsync(Service(7400), await LiveAsync(), written: false);
        live = await ApplyAsync(Service(7401), live, written: true);
        Assert.Equal("storage", live.Metadata.Labels["team"]);
        Assert.Equal("ClientIP", live.Spec.SessionAffinity);
    }

    [Fact]
    public async Task What_is_left_out_now_is_removed()
    {
        var first = Service(7400);
        first.Spec.Ports.Add(new V1ServicePort { Name = "extra", Port = 9, Protocol = "TCP" });
        first.Metadata.Labels["old"] = "yes";
        var live = await ApplyAsync(first, null, written: true);
        Assert.Equal(2, live.Spec.Ports.Count);
        live = await ApplyAsync(Service(7400), live, written: true);
        Assert.Equal(7400, Assert.Single(live.Spec.Ports).Port);
        Assert.False(live.Metadata.Labels.ContainsKey("old"));
        await ApplyAsync(Service(7400), live, written: false);
    }

    [Fact]
    public async Task Scaling_with_the_subresource_is_noticed_as_a_change_by_somebody_else()
    {
        var live = (await _applier.ApplyAsync(Set(3), null, default)).Value;
        using var client = _server.Client();
        var scale = await client.AppsV1.ReadNamespacedStatefulSetScaleAsync("n", "default");
        scale.Spec.Replicas = 1;
        await client.AppsV1.ReplaceNamespacedStatefulSetScaleAsync(scale, "n", "default");
        live = await _api.GetAsync<V1StatefulSet>(new ObjectName("default", "n"), default);
        Assert.Equal(1, live.Spec.Replicas);
        var (again, written) = await _applier.ApplyAsync(Set(3), live, default);
        Assert.True(written);
        Assert.Equal(3, again.Spec.Replicas);
    }

    private async Task<V1Service> ApplyAsync(V1Service desired, V1Service? live, bool written)
    {
        _server.Requests.Clear();
        var (value, wrote) = await _applier.ApplyAsync(desired, live, default);
        Assert.Equal(written, wrote);
        Assert.Equal(written ? 1 : 0, _server.Requests.Writes.Count);
        return value;
    }

    private Task<V1Service> LiveAsync() => _api.GetAsync<V1Service>(new ObjectName("default", "s"), default);

    private static V1Service Service(int port) => new()
    {
        Metadata = new V1ObjectMeta { Name = "s", NamespaceProperty = "default", Labels = new Dictionary<string, string> { ["app"] = "x" } },
        Spec = new V1ServiceSpec { Type = "ClusterIP", Ports = [new V1ServicePort { Name = "control", Port = port, Protocol = "TCP" }] },
    };

    private static V1StatefulSet Set(int replicas) => new()
    {
        Metadata = new V1ObjectMeta { Name = "n", NamespaceProperty = "default" },
        Spec = new V1StatefulSetSpec
        {
            Replicas = replicas,
            ServiceName = "n",
            Selector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["a"] = "b" } },
            Template = new V1PodTemplateSpec
            {
                Metadata = new V1ObjectMeta { Labels = new Dictionary<string, string> { ["a"] = "b" } },
                Spec = new V1PodSpec { Containers = [new V1Container { Name = "c", Image = "i", Ports = [new V1ContainerPort { ContainerPort = 1, Protocol = "TCP" }] }] },
            },
        },
    };
}
