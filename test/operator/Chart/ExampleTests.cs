using System.Text.RegularExpressions;
using SealFs.Testing.Kubernetes;

namespace SealFs.Operator.Tests.Chart;

/// <summary>What people copy is right.</summary>
public sealed partial class ExampleTests : IAsyncLifetime
{
    private ApiServer _server = null!;

    public static TheoryData<string> Files => [.. RepositoryFiles.List("examples", "*.yaml")];

    public async ValueTask InitializeAsync()
    {
        _server = await ApiServer.StartAsync();
        _server.Create("customresourcedefinitions", "", Yaml.ParseAll(RepositoryFiles.Read("crds/sealfsclusters.yaml"))[0]!.AsObject());
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_example_is_valid(string file)
    {
        var text = RepositoryFiles.Read(file);
        Assert.NotEmpty(Manifests.Read(text));
        Manifests.Check(_server, text);
    }

    [Fact]
    public void A_field_that_does_not_exist_is_found()
    {
        const string Cluster = "apiVersion: sealfs.io/v1alpha1\nkind: SealFsCluster\nmetadata: {name: c}\nspec: {image: x, storageNodes: {replicaz: 3}}\n";
        const string Class = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: c}\nprovisioner: x\nreclaimPolicies: Delete\n";
        Assert.Contains("replicaz", Record.Exception(() => Manifests.Check(_server, Cluster))!.Message);
        Assert.NotNull(Record.Exception(() => Manifests.Check(_server, Class)));
    }

    [Theory]
    [InlineData("docs/kubernetes.md")]
    [InlineData("charts/sealfs/README.md")]
    public void What_the_documentation_shows_is_valid(string file)
    {
        foreach (Match block in YamlBlock().Matches(RepositoryFiles.Read(file)))
        {
            if (block.Groups[1].Value.Contains("apiVersion:", StringComparison.Ordinal))
                Manifests.Check(_server, block.Groups[1].Value);
        }
    }

    [GeneratedRegex("```yaml\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex YamlBlock();
}
