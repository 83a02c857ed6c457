using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using SealFs.Operator.Api;

namespace SealFs.Operator.CrdTool;

/// <summary>The doc comments of the operator, from the file that the compiler writes beside it.</summary>
internal sealed partial class DocComments
{
    private readonly Dictionary<string, string> _summaries;

    private DocComments(Dictionary<string, string> summaries) => _summaries = summaries;

    public static DocComments Load()
    {
        var path = Path.ChangeExtension(typeof(SealFsCluster).Assembly.Location, ".xml");
        var members = XDocument.Load(path).Descendants("member");
        return new DocComments(members.ToDictionary(member => (string)member.Attribute("name")!, member => Text(member.Element("summary"))));
    }

    public string Of(Type type) => Find($"T:{type.FullName}");

    public string Of(PropertyInfo property) => Find($"P:{property.DeclaringType!.FullName}.{property.Name}");

    private string Find(string name) => _summaries.TryGetValue(name, out var text) && text.Length > 0
        ? text : throw new InvalidOperationException($"{name} has no doc comment: it would have no manual.");

    private static string Text(XElement? summary) => summary is null ? "" : Blanks().Replace(summary.Value, " ").Trim();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
