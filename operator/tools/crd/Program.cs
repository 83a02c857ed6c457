using SealFs.Operator.Definitions;

if (args is not [var folder])
{
    Console.Error.WriteLine("Usage: dotnet run --project operator/tools/crd FOLDER");
    return 64;
}
Directory.CreateDirectory(folder);
File.WriteAllText(Path.Combine(folder, ClusterDefinition.FileName), ClusterDefinition.ToYaml());
return 0;
