using k8s.Models;
using SealFs.Operator.Runtime;

namespace SealFs.Operator.Tests.Runtime;

public sealed class ObjectCacheTests
{
    private readonly ObjectCache<V1ConfigMap> _cache = new();

    [Fact]
    public void An_older_version_does_not_replace_a_newer_one()
    {
        _cache.Put(Map("a", "u1", 7, "new"));
        _cache.Put(Map("a", "u1", 6, "old"));
        Assert.Equal("new", _cache.Find(new ObjectName("default", "a"))!.Data["k"]);
    }

    [Fact]
    public void The_owner_index_follows_changes_of_owners()
    {
        _cache.Put(Map("a", "u1", 1, "", "owner"));
        _cache.Put(Map("b", "u2", 2, "", "owner"));
        Assert.Equal(["a", "b"], _cache.OwnedBy("owner").Select(map => map.Metadata.Name).Order());
        _cache.Put(Map("a", "u1", 3, "", "other"));
        _cache.Remove(Map("b", "u2", 4, ""));
        Assert.Empty(_cache.OwnedBy("owner"));
        Assert.Equal("a", Assert.Single(_cache.OwnedBy("other")).Metadata.Name);
    }

    [Fact]
    public void A_list_tells_of_what_went_while_nobody_watched()
    {
        _cache.Put(Map("gone", "u1", 1, ""));
        var told = new List<string>();
        _cache.Changed += map => told.Add(map.Metadata.Name);
        _cache.ReplaceAll([Map("here", "u2", 5, "")]);
        Assert.Equal(["gone", "here"], told);
        Assert.Null(_cache.Find(new ObjectName("default", "gone")));
    }

    [Fact]
    public void A_late_deletion_does_not_remove_the_successor()
    {
        _cache.Put(Map("a", "second", 9, "x"));
        _cache.Remove(Map("a", "first", 5, ""));
        Assert.NotNull(_cache.Find(new ObjectName("default", "a")));
    }

    private static V1ConfigMap Map(string name, string uid, int version, string data, string? owner = null) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = name,
            NamespaceProperty = "default",
            Uid = uid,
            ResourceVersion = $"{version}",
            OwnerReferences = owner is null ? null : [new V1OwnerReference { Uid = owner }],
        },
        Data = new Dictionary<string, string> { ["k"] = data },
    };
}
