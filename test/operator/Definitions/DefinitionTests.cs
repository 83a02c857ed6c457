using System.Text.Json.Nodes;
using SealFs.Operator.CrdTool;
using SealFs.Testing.Kubernetes;

namespace SealFs.Operator.Tests.Definitions;

public sealed class DefinitionTests : IAsyncLifetime
{
    private ApiServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ApiServer.StartAsync();
        _server.Create("customresourcedefinitions", "", Yaml.ParseAll(RepositoryFiles.Read("crds/sealfsclusters.yaml"))[0]!.AsObject());
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public void The_file_is_what_the_classes_say() => Assert.Equal(ClusterDefinition.ToYaml(), RepositoryFiles.Read("crds/sealfsclusters.yaml"));

    [Fact]
    public void Ten_lines_are_enough_and_the_rest_is_filled_in()
    {
        var spec = Create("{\"image\":\"x\",\"storageNodes\":{\"replicas\":3}}")["spec"]!;
        Assert.Equal(256, (int)spec["shards"]!);
        Assert.Equal("100Gi", (string?)spec["storageNodes"]!["dataVolume"]!["size"]);
        Assert.Equal("1Gi", (string?)spec["manager"]!["storage"]!["size"]);
        Assert.Equal("sealfs.csi.sealfs.io", (string?)spec["csi"]!["driverName"]);
        Assert.Equal("Retain", (string?)spec["deletionPolicy"]);
        Assert.Equal("auto", (string?)spec["security"]!["tls"]);
    }

    [Theory]
    [InlineData("{\"storageNodes\":{\"replicas\":3}}", "image: Required value")]
    [InlineData("{\"image\":\"x\",\"storageNodes\":{\"replicas\":0}}", "greater than or equal to 1")]
    [InlineData("{\"image\":\"x\",\"storageNodes\":{\"replicas\":1},\"replication\":{\"copies\":2}}", "every copy is on a node of its own")]
    [InlineData("{\"image\":\"x\",\"storageNodes\":{},\"replication\":{\"copies\":1,\"minInSync\":2}}", "minInSync cannot be above")]
    [InlineData("{\"image\":\"x\",\"storageNodes\":{\"engine\":\"tape\"}}", "Unsupported value")]
    [InlineData("{\"image\":\"x\",\"storageNodes\":{\"dataVolume\":{\"size\":\"much\"}}}", "should match")]
    [InlineData("{\"image\":\"x\",\"storageNodes\":{},\"manager\":{\"store\":{\"type\":\"etcd\"}}}", "needs etcd.endpoints")]
    [InlineData("{\"image\":\"x\",\"storageNodes\":{},\"security\":{\"tls\":\"secret\"}}", "needs security.secretRef")]
    [InlineData("{\"image\":\"x\",\"storageNodes\":{},\"csi\":{\"storageClasses\":[{\"name\":\"a\"},{\"name\":\"a\"}]}}", "Duplicate value")]
    public void Nonsense_is_refused(string spec, string problem) => Assert.Contains(problem, Assert.Throws<ApiErrorException>(() => Create(spec)).Message);

    [Theory]
    [InlineData("shards", "512", "fixed when the cluster is created")]
    [InlineData("storageNodes.metadataVolume.storageClassName", "\"slow\"", "cannot change")]
    [InlineData("storageNodes.dataVolume.storageClassName", "null", "cannot change")]
    [InlineData("csi.driverName", "\"other\"", "cannot change")]
    [InlineData("storageNodes.engine", "\"block\"", "cannot change")]
    [InlineData("security.tls", "\"none\"", "cannot change between none and TLS")]
    public void What_cannot_change_does_not(string path, string value, string problem)
    {
        Create("{\"image\":\"x\",\"storageNodes\":{\"metadataVolume\":{\"storageClassName\":\"fast\"},\"dataVolume\":{\"storageClassName\":\"big\"}}}");
        var failure = Assert.Throws<ApiErrorException>(() => _server.Update("sealfsclusters", "default", "c", "me", cluster =>
        {
            var parts = path.Split('.');
            var parent = parts[..^1].Aggregate(cluster["spec"]!, (at, name) => at[name]!);
            parent[parts[^1]] = JsonNode.Parse(value);
        }));
        Assert.Contains(problem, failure.Message);
    }

    [Fact]
    public void A_name_that_would_make_names_too_long_is_refused() =>
        Assert.Contains("at most 40", Assert.Throws<ApiErrorException>(() => Create("{\"image\":\"x\",\"storageNodes\":{}}", new string('n', 41))).Message);

    private JsonObject Create(string spec, string name = "c") => _server.Create("sealfsclusters", "default", new JsonObject
    {
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = JsonNode.Parse(spec),
    });
}
