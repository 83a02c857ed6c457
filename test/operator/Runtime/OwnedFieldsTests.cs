using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using SealFs.Operator.Runtime;

namespace SealFs.Operator.Tests.Runtime;

/// <summary>What API servers write into managedFields, as seen on real ones.</summary>
public sealed class OwnedFieldsTests
{
    private const string Configuration = """
        {"metadata":{"name":"a","annotations":{"x":"y"}},"spec":{"volumes":[{"name":"tmp","emptyDir":{}},{"name":"config","configMap":{"name":"c"}}]}}
        """;

    [Theory]
    [InlineData("""{"f:metadata":{"f:annotations":{"f:x":{}}},"f:spec":{"f:volumes":{"k:{\"name\":\"config\"}":{".":{},"f:configMap":{"f:name":{}},"f:name":{}},"k:{\"name\":\"tmp\"}":{".":{},"f:emptyDir":{},"f:name":{}}}}}""", true)]

    // Kubernetes 1.20 does not list the empty one.
    [InlineData("""{"f:metadata":{"f:annotations":{"f:x":{}}},"f:spec":{"f:volumes":{"k:{\"name\":\"config\"}":{".":{},"f:configMap":{"f:name":{}},"f:name":{}},"k:{\"name\":\"tmp\"}":{".":{},"f:name":{}}}}}""", true)]
    [InlineData("""{"f:metadata":{"f:annotations":{"f:x":{}}},"f:spec":{"f:volumes":{"k:{\"name\":\"config\"}":{".":{},"f:name":{}},"k:{\"name\":\"tmp\"}":{".":{},"f:name":{}}}}}""", false)]
    [InlineData("""{"f:metadata":{"f:annotations":{"f:x":{}}},"f:spec":{"f:volumes":{"k:{\"name\":\"tmp\"}":{".":{},"f:name":{}}}}}""", false)]
    [InlineData("""{"f:metadata":{"f:annotations":{"f:z":{}}},"f:spec":{"f:volumes":{"k:{\"name\":\"config\"}":{".":{},"f:configMap":{"f:name":{}},"f:name":{}},"k:{\"name\":\"tmp\"}":{".":{},"f:name":{}}}}}""", false)]
    public void Owning_everything_that_has_content_is_enough(string fields, bool covered)
    {
        var live = KubernetesJson.Deserialize<V1ObjectMeta>($$"""{"managedFields":[{"manager":"m","operation":"Apply","fieldsV1":{{fields}}}]}""");
        Assert.Equal(covered, OwnedFields.Cover(live, "m", JsonNode.Parse(Configuration)!.AsObject()));
    }
}
