using System.Collections.Concurrent;
using System.Text;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;

namespace SealFs.Bench;

/// <content>Looks files up at random over everything that was made: what fills the caches of a node.</content>
internal sealed partial class FileLoad
{
    private readonly ConcurrentDictionary<int, InodeId> _directories = new();

    private async Task LookAsync(int seed, int directories, int lookups)
    {
        var random = new Random(seed);
        var name = new byte[64];
        for (var looked = 0; looked < lookups; looked++)
        {
            var number = random.Next(directories);
            if (!_directories.TryGetValue(number, out var directory))
            {
                var parent = await LookUpAsync(session.Current.Root, Encoding.ASCII.GetBytes(ParentName(number / DirectoriesPerParent)));
                _directories[number] = directory = await LookUpAsync(parent, Encoding.ASCII.GetBytes(DirectoryName(number)));
            }

            var length = WriteFileName(name, number, random.Next(FilesPerDirectory));
            await LookUpAsync(directory, name.AsMemory(0, length));
            Interlocked.Increment(ref _done);
        }
    }

    private async ValueTask<InodeId> LookUpAsync(InodeId directory, ReadOnlyMemory<byte> name)
    {
        using var response = await SendLookupAsync(directory, name.Span);
        return Check(in response, "looked up").Attributes.Inode;
    }

    private ValueTask<RpcResponse> SendLookupAsync(InodeId directory, ReadOnlySpan<byte> name)
    {
        var call = CallTo(Opcode.Lookup, directory.Shard, 0);
        call.Sequence = default;
        return ConnectionTo(directory.Shard).CallAsync(in call, new LookupRequest { Directory = directory, Name = name });
    }
}
