using System.Text.Json;
using System.Text.RegularExpressions;
using SealFs.Operator.CrdTool;
using SealFs.Testing.Kubernetes;

namespace SealFs.Operator.Tests.Chart;

/// <summary>What the chart's files say, also where helm is not installed.</summary>
public sealed partial class ChartFileTests
{
    [Fact]
    public void The_definition_is_what_the_classes_say() =>
        Assert.Equal(ChartTemplate.Text(), RepositoryFiles.Read("charts/sealfs/templates/crds/sealfsclusters.yaml"));

    [Fact]
    public void Chart_and_program_have_the_same_version()
    {
        var version = VersionElement().Match(RepositoryFiles.Read("Directory.Build.props")).Groups[1].Value;
        Assert.Equal(version, (string?)Yaml.ParseAll(RepositoryFiles.Read("charts/sealfs/Chart.yaml"))[0]!["appVersion"]);
        Assert.Contains($"ARG VERSION={version}", RepositoryFiles.Read("Dockerfile"));
    }

    [Fact]
    public void Every_value_has_a_schema_and_every_schema_a_value()
    {
        var values = Yaml.ParseAll(RepositoryFiles.Read("charts/sealfs/values.yaml"))[0]!.AsObject();
        using var schema = JsonDocument.Parse(RepositoryFiles.Read("charts/sealfs/values.schema.json"));
        var known = schema.RootElement.GetProperty("properties").EnumerateObject().Select(property => property.Name).Except(["global"]);
        Assert.Equal(values.Select(pair => pair.Key).Order(), known.Order());
        var csi = schema.RootElement.GetProperty("properties").GetProperty("csi").GetProperty("properties").EnumerateObject().Select(property => property.Name);
        Assert.Equal(values["csi"]!.AsObject().Select(pair => pair.Key).Order(), csi.Order());
    }

    [Fact]
    public void The_dashboard_is_what_grafana_reads()
    {
        using var dashboard = JsonDocument.Parse(RepositoryFiles.Read("monitoring/dashboard.json"));
        var ids = dashboard.RootElement.GetProperty("panels").EnumerateArray().Select(panel => panel.GetProperty("id").GetInt32()).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.Equal("sealfs", dashboard.RootElement.GetProperty("uid").GetString());
        Assert.NotNull(Yaml.ParseAll(RepositoryFiles.Read("monitoring/rules.yaml"))[0]!["groups"]);
    }

    [GeneratedRegex("<Version>(.*?)</Version>")]
    private static partial Regex VersionElement();
}
