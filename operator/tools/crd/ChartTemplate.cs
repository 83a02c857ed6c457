namespace SealFs.Operator.CrdTool;

/// <summary>
/// The definition as a template of the Helm chart: a template, since Helm never upgrades what is in a chart's own crds folder, and with the policy that keeps it
/// when the chart is removed. charts/sealfs has it as a file; a test fails when the two differ.
/// </summary>
public static class ChartTemplate
{
    private const string Head = """
        {{- if .Values.crds.install }}
        # Written by operator/tools/crd from the classes in operator/Api: change those, and run
        #   dotnet run --project operator/tools/crd crds charts/sealfs/templates/crds
        """;

    public static string Text()
    {
        var definition = ClusterDefinition.Build();
        definition["metadata"]!["annotations"] = new System.Text.Json.Nodes.JsonObject { ["helm.sh/resource-policy"] = "keep" };
        var yaml = YamlText.Of(definition);

        // Double braces in a description would be for Helm.
        return $"{Head}\n{yaml.Replace("{{", "{{ \"{{\" }}", StringComparison.Ordinal)}{{{{- end }}}}\n";
    }
}
