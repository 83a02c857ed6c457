using System.Text;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Tests.Hosting;
using Xunit;

namespace SealFs.StorageNode.Tests.Names;

/// <summary>Reads the entries of a directory listing.</summary>
internal static class Listing
{
    public delegate void Visitor(in DirectoryEntry entry);

    public static ReadDirReply Read(NodeAnswer answer, Visitor visit)
    {
        var reply = answer.As<ReadDirReply>();
        var reader = new WireReader(answer.Payload);
        var count = 0u;
        while (reader.Remaining > 0)
        {
            Assert.True(DirectoryEntry.TryRead(ref reader, out var entry));
            visit(in entry);
            count++;
        }

        Assert.Equal(reply.Count, count);
        return reply;
    }

    /// <summary>All names of a directory, page by page.</summary>
    public static async Task<List<string>> NamesAsync(NodeClient client, SealFs.Core.InodeId directory, uint maxBytes = 4096)
    {
        var names = new List<string>();
        var position = 0ul;
        while (true)
        {
            var reply = Read(await client.ReadDirAsync(directory, position, maxBytes), (in DirectoryEntry entry) =>
            {
                names.Add(Encoding.UTF8.GetString(entry.Name));
                Assert.True(entry.Position > position || entry.Position == position);
                position = entry.Position;
            });
            if (reply.End)
                return names;
        }
    }
}
