using System.Globalization;
using SealFs.Client.Fsck;

namespace SealFs.Cli.Checks;

/// <summary>One finding of <c>fsck</c> as JSON. The inode is in hexadecimal, as the logs have it.</summary>
internal sealed record FindingView(string Kind, bool Damage, string Inode, string Path, string Text)
{
    public static FindingView Of(Finding finding) => new(
        finding.Kind.ToString(), finding.IsDamage, finding.Inode.Value.ToString("x16", CultureInfo.InvariantCulture), finding.Path, finding.Text);
}
