using System.Runtime.CompilerServices;
using SealFs.Core.Wire;
using Xunit;

namespace SealFs.Cli.Tests;

/// <summary>Pages that must keep up with the code.</summary>
public sealed class DocumentationTests
{
    [Fact]
    public void The_protocol_page_lists_every_opcode()
    {
        var page = File.ReadAllText(Path.Combine(Root(), "docs", "protocol.md"));
        foreach (var opcode in Enum.GetValues<Opcode>().Where(opcode => opcode != Opcode.None))
            Assert.Contains($"| {(int)opcode} {opcode} |", page);
    }

    private static string Root([CallerFilePath] string file = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", ".."));
}
