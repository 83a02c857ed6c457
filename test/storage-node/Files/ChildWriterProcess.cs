using System.Globalization;
using SealFs.Core;
using Xunit;

namespace SealFs.StorageNode.Tests.Files;

/// <summary>What <see cref="ChildWriter"/> runs: no test by itself.</summary>
public sealed class ChildWriterProcess
{
    [Fact(Explicit = true)]
    public void Writes_until_it_is_killed()
    {
        if (Environment.GetEnvironmentVariable(ChildWriter.Variable) is not { } setting)
            return;
        var parts = setting.Split('|');
        var seed = int.Parse(parts[1], CultureInfo.InvariantCulture);
        var files = parts[3].Split(',').Select(file => new InodeId(ulong.Parse(file, CultureInfo.InvariantCulture))).ToArray();
        using var output = Console.OpenStandardOutput();
        using var rig = new FileRig(FileModelTests.Chunk, background: true, directory: parts[0]);
        for (var number = int.Parse(parts[2], CultureInfo.InvariantCulture); ; number++)
        {
            var step = FileStep.Make(seed, number, files.Length);
            step.Run(rig, files[step.File]);
            output.Write(System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\nstep {number}.\n")));
        }
    }
}
