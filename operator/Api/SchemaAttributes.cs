namespace SealFs.Operator.Api;

/// <summary>A rule in CEL that the API server checks; with "oldSelf" in it, only on changes.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
internal sealed class RuleAttribute(string rule, string message) : Attribute
{
    public string Rule => rule;

    public string Message => message;
}

/// <summary>A column of kubectl get.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
internal sealed class ColumnAttribute(string name, string type, string path) : Attribute
{
    public string Name => name;

    public string Type => type;

    public string Path => path;

    /// <summary>1: only with -o wide.</summary>
    public int Priority { get; set; }
}

[AttributeUsage(AttributeTargets.Property)]
internal sealed class NeededAttribute : Attribute;

[AttributeUsage(AttributeTargets.Property)]
internal sealed class AllowedAttribute(params string[] values) : Attribute
{
    public string[] Values => values;
}

[AttributeUsage(AttributeTargets.Property)]
internal sealed class PatternAttribute(string pattern) : Attribute
{
    public string Pattern => pattern;
}

[AttributeUsage(AttributeTargets.Property)]
internal sealed class BetweenAttribute(long least, long most) : Attribute
{
    public long Least => least;

    public long Most => most;
}

/// <summary>Items of this list are found by the named field.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ListKeyAttribute(string key) : Attribute
{
    public string Key => key;
}
