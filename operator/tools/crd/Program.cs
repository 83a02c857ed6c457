using SealFs.Operator.CrdTool;

if (args is not [var folder, .. var rest] || rest.Length > 1)
{
    Console.Error.WriteLine("Usage: dotnet run --project operator/tools/crd FOLDER [CHART-FOLDER]");
    return 64;
}
Write(folder, ClusterDefinition.ToYaml());
if (rest is [var chart])
    Write(chart, ChartTemplate.Text());
return 0;

static void Write(string folder, string text)
{
    Directory.CreateDirectory(folder);
    File.WriteAllText(Path.Combine(folder, ClusterDefinition.FileName), text);
}
