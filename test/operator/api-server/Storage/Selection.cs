using System.Text.Json.Nodes;

namespace SealFs.Testing.Kubernetes.Storage;

/// <summary>Label and field selectors of a request.</summary>
internal sealed class Selection
{
    private readonly List<Func<JsonObject, bool>> _tests = [];

    public static Selection Of(ApiRequest request)
    {
        var selection = new Selection();
        foreach (var term in Terms(request.Text("labelSelector")))
            selection._tests.Add(Label(term));
        foreach (var term in request.Text("fieldSelector").Split(',', StringSplitOptions.RemoveEmptyEntries))
            selection._tests.Add(Field(term));
        if (request.Name.Length > 0)
            selection._tests.Add(item => (string?)item["metadata"]!["name"] == request.Name);
        return selection;
    }

    public bool Matches(JsonObject item) => _tests.TrueForAll(test => test(item));

    private static IEnumerable<string> Terms(string selector)
    {
        // Commas inside of parentheses belong to "in" and "notin".
        var depth = 0;
        var start = 0;
        for (var i = 0; i <= selector.Length; i++)
        {
            if (i == selector.Length || (selector[i] == ',' && depth == 0))
            {
                if (i > start)
                    yield return selector[start..i].Trim();
                start = i + 1;
            }
            else
            {
                depth += selector[i] == '(' ? 1 : selector[i] == ')' ? -1 : 0;
            }
        }
    }

    private static Func<JsonObject, bool> Label(string term)
    {
        if (term.IndexOf(" in ", StringComparison.Ordinal) is > 0 and var at)
        {
            var values = term[(at + 4)..].Trim().Trim('(', ')').Split(',').Select(value => value.Trim()).ToHashSet();
            return item => LabelOf(item, term[..at].Trim()) is { } value && values.Contains(value);
        }
        if (term.Split("!=") is [var not, var other])
            return item => LabelOf(item, not) != other;
        if (term.Split("==") is [var twice, var same])
            return item => LabelOf(item, twice) == same;
        if (term.Split('=') is [var key, var wanted])
            return item => LabelOf(item, key) == wanted;
        if (term.StartsWith('!'))
            return item => LabelOf(item, term[1..]) is null;
        return !term.Contains(' ', StringComparison.Ordinal)
            ? item => LabelOf(item, term) is not null
            : throw ApiErrorException.BadRequest($"This server does not understand the label selector '{term}'.");
    }

    private static string? LabelOf(JsonObject item, string key) => (string?)item["metadata"]?["labels"]?[key];

    private static Func<JsonObject, bool> Field(string term)
    {
        var unequal = term.Contains("!=", StringComparison.Ordinal);
        var parts = term.Split(unequal ? "!=" : "=", 2);
        var path = parts[0].Split('.');
        return item =>
        {
            JsonNode? at = item;
            foreach (var name in path)
                at = at?[name];
            return ((at?.ToString() ?? "") == parts[1].TrimStart('=')) != unequal;
        };
    }
}
