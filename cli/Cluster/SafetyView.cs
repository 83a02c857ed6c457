using System.Text;
using SealFs.Core.Control.V1;

namespace SealFs.Cli.Cluster;

/// <summary>Whether a node can be stopped, with the reasons why not.</summary>
internal sealed record SafetyView(string Node, bool SafeToRemove, string[] NotRemovableBecause, bool SafeToRestart, string[] NotRestartableBecause)
{
    public static SafetyView Of(string node, NodeSafetyResponse safety) => new(
        node, safety.SafeToRemove, [.. safety.NotRemovableBecause], safety.SafeToRestart, [.. safety.NotRestartableBecause]);

    public string Describe()
    {
        var text = new StringBuilder();
        Describe(text, "remove", SafeToRemove, NotRemovableBecause);
        Describe(text, "restart", SafeToRestart, NotRestartableBecause);
        return text.ToString();
    }

    private void Describe(StringBuilder text, string what, bool isSafe, string[] reasons)
    {
        text.Append(Node).Append(isSafe ? " is safe to " : " is not safe to ").Append(what).Append(reasons.Length > 0 ? ":\n" : ".\n");
        foreach (var reason in reasons)
            text.Append("  ").Append(reason).Append('\n');
    }
}
