namespace SealFs.LossyDisk;

/// <content>Losses of power. Programs that use the mount must be dead by then: what they have open is gone.</content>
internal sealed partial class LossyFileSystem
{
    /// <summary>Nothing that was not synced is kept.</summary>
    public void LoseAll()
    {
        lock (_gate)
        {
            _disk.ForgetJournal();
            Restart();
        }
    }

    /// <summary>
    /// A beginning of the changes of names is kept, and of the unsynced pages some, each with an even chance; where <paramref name="torn"/> is set, of some of these one half only.
    /// A file that grew is as long as the last page that was kept says.
    /// </summary>
    public void LoseSome(Random random, bool torn)
    {
        lock (_gate)
        {
            _disk.Commit(random.Next(_disk.JournalLength + 1));
            foreach (var node in _nodes.Values.OrderBy(static node => node.Id))
            {
                if (_disk.Find(node.Id) is { } durable)
                    KeepSome(node, durable, random, torn);
            }

            _disk.ForgetJournal();
            Restart();
        }
    }

    private static void KeepSome(Node node, DurableNode durable, Random random, bool torn)
    {
        var length = durable.Content.Length;
        foreach (var page in node.Unsynced.Order())
        {
            if (random.Next(2) == 0)
                continue;
            var half = torn ? random.Next(4) : 0;
            var (from, to) = half switch { 1 => (0, PageFile.PageBytes / 2), 2 => (PageFile.PageBytes / 2, PageFile.PageBytes), _ => (0, PageFile.PageBytes) };
            durable.Content.CopyPage(node.Content, page, from, to);
            length = Math.Max(length, Math.Min(node.Content.Length, (page + 1) * PageFile.PageBytes));
        }

        durable.Content.SetLength(length);
    }

    /// <summary>What programs see is what is on the disk. Inodes that no name leads to go, as an orphan list would have it.</summary>
    private void Restart()
    {
        var before = _nodes;
        _nodes = [];
        _pages = 0;
        Load(1, "", before);
        foreach (var id in _disk.Nodes.Keys.Where(id => !_nodes.ContainsKey(id)).ToArray())
            _disk.Remove(id);
    }

    private Node Load(ulong id, string path, Dictionary<ulong, Node> before)
    {
        if (_nodes.TryGetValue(id, out var known))
            return known;
        var durable = _disk.Find(id)!;
        var node = new Node(id, durable.Attributes)
        {
            Target = durable.Target,
            Content = durable.Content.Copy(),
            Path = path,
            Lookups = before.TryGetValue(id, out var old) ? old.Lookups : 0,
        };
        _nodes[id] = node;
        _pages += node.Content.PageCount;
        foreach (var (name, child) in durable.Entries.OrderBy(static entry => entry.Key, StringComparer.Ordinal))
        {
            if (_disk.Find(child) is not null)
                node.Add(name, Load(child, path.Length == 0 ? name : $"{path}/{name}", before), ++_lastCookie);
        }

        return node;
    }
}
