using System.Globalization;
using SealFs.Core;
using Xunit;

namespace SealFs.StorageNode.Tests.Replication;

/// <summary>
/// Writers that each work on files of their own and know what every one of them must hold: small ones, files of several chunks, cuts, holes, renames and removals. What was acknowledged is
/// checked at the end, byte by byte.
/// </summary>
internal sealed class MoveLoad : IAsyncDisposable
{
    private const int FileBytes = 3 * (int)MoveCluster.ChunkBytes;

    private readonly MoveCluster _cluster;
    private readonly InodeId _directory;
    private readonly List<Writer> _writers = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _tasks = [];

    public MoveLoad(MoveCluster cluster, InodeId directory, int writers, int seed)
    {
        _cluster = cluster;
        _directory = directory;
        for (var index = 0; index < writers; index++)
        {
            var writer = new Writer(this, index, new Random(seed + index));
            _writers.Add(writer);
            _tasks.Add(Task.Run(() => writer.RunAsync(_stopping.Token)));
        }
    }

    public long Operations => _writers.Sum(writer => writer.Operations);

    public async Task StopAndCheckAsync()
    {
        await StopAsync();
        foreach (var writer in _writers)
            await writer.CheckAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_tasks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var writer in _writers)
            await writer.DisposeAsync();
    }

    private async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_tasks);
    }

    private sealed class Writer(MoveLoad load, int index, Random random) : IAsyncDisposable
    {
        private readonly MoveClient _client = load._cluster.Client();
        private readonly Dictionary<string, (InodeId Inode, byte[] Content, int Size)> _files = [];
        private readonly HashSet<string> _removed = [];

        /// <summary>What was done to a file's bytes, for whoever has to find out where they went.</summary>
        private readonly Dictionary<InodeId, List<string>> _history = [];
        private int _names;

        public long Operations { get; private set; }

        public async Task RunAsync(CancellationToken stopping)
        {
            while (!stopping.IsCancellationRequested)
            {
                await StepAsync();
                Operations++;
            }
        }

        public async Task CheckAsync()
        {
            foreach (var (name, (inode, content, size)) in _files)
            {
                var (status, attributes) = await _client.LookupAsync(load._directory, name);
                Assert.Equal((Errno.None, inode), (status, attributes.Inode));
                var (_, current) = await _client.GetAttrAsync(inode);
                Assert.Equal((ulong)size, current.SizeBytes);
                for (var offset = 0; offset < size; offset += (int)MoveCluster.ChunkBytes)
                {
                    var length = Math.Min(size - offset, (int)MoveCluster.ChunkBytes);
                    var (read, bytes) = await _client.ReadAsync(inode, (ulong)offset, length);
                    Assert.Equal(Errno.None, read);
                    var wrong = bytes.AsSpan().CommonPrefixLength(content.AsSpan(offset, length));
                    Assert.True(wrong == length, $"{name} ({inode}) of {size} bytes differs at {offset + wrong}, which reads {Convert.ToHexString(bytes.AsSpan(wrong, Math.Min(32, length - wrong)))} ({bytes.Count(static value => value == 0)} zeros, {content.AsSpan(offset, length).Count((byte)0)} expected):\n{string.Join('\n', _history[inode])}");
                }
            }

            foreach (var name in _removed)
                Assert.Equal(Errno.ENOENT, (await _client.LookupAsync(load._directory, name)).Status);
        }

        public ValueTask DisposeAsync() => _client.DisposeAsync();

        private async Task NoteAsync(InodeId inode, string what, Task<Errno> change)
        {
            var (started, sent) = (DateTime.UtcNow, _client.Resent);
            Assert.Equal(Errno.None, await change);
            if (!_history.TryGetValue(inode, out var history))
                _history.Add(inode, history = []);
            history.Add(string.Create(CultureInfo.InvariantCulture, $"{started:ss.ffffff}..{DateTime.UtcNow:ss.ffffff} {what}{(_client.Resent > sent ? ", sent again" : "")}"));
        }

        private async Task StepAsync()
        {
            if (_files.Count < 3)
            {
                var name = NewName();
                var (status, attributes) = await _client.CreateAsync(load._directory, name);
                Assert.Equal(Errno.None, status);
                _files[name] = (attributes.Inode, new byte[FileBytes], 0);
                return;
            }

            var (chosen, file) = _files.ElementAt(random.Next(_files.Count));
            switch (random.Next(12))
            {
                case 0:
                    Assert.Equal(Errno.None, await _client.UnlinkAsync(load._directory, chosen));
                    _files.Remove(chosen);
                    _removed.Add(chosen);
                    break;
                case 1:
                    var renamed = NewName();
                    Assert.Equal(Errno.None, await _client.RenameAsync(load._directory, chosen, load._directory, renamed));
                    _files.Remove(chosen);
                    _removed.Add(chosen);
                    _files[renamed] = file;
                    break;
                case 2:
                    var size = random.Next(FileBytes);
                    await NoteAsync(file.Inode, $"size {size}", _client.SetSizeAsync(file.Inode, (ulong)size));
                    if (size < file.Size)
                        file.Content.AsSpan(size).Clear();
                    _files[chosen] = file with { Size = size };
                    break;
                case 3 when file.Size > MoveCluster.ChunkBytes:
                    await PunchAsync(file);
                    break;
                default:
                    _files[chosen] = await WriteAsync(file);
                    break;
            }
        }

        private async Task PunchAsync((InodeId Inode, byte[] Content, int Size) file)
        {
            var chunk = random.Next(file.Size / (int)MoveCluster.ChunkBytes);
            var offset = random.Next((int)MoveCluster.ChunkBytes - 1);
            var length = random.Next(1, (int)MoveCluster.ChunkBytes - offset);
            var operation = random.Next(2) == 0 ? Core.Messages.ChunkRangeOperation.Punch : Core.Messages.ChunkRangeOperation.Zero;
            var punching = _client.RangeAsync(file.Inode, new ChunkIndex((ulong)chunk), operation, (uint)offset, (uint)length);
            await NoteAsync(file.Inode, $"{operation} chunk {chunk} at {offset}, {length} bytes", punching);
            file.Content.AsSpan((chunk * (int)MoveCluster.ChunkBytes) + offset, length).Clear();
        }

        private async Task<(InodeId Inode, byte[] Content, int Size)> WriteAsync((InodeId Inode, byte[] Content, int Size) file)
        {
            var offset = random.Next(3) == 0 ? random.Next(8192) : random.Next(FileBytes - 1);
            var room = (int)MoveCluster.ChunkBytes - (offset % (int)MoveCluster.ChunkBytes);
            var bytes = new byte[random.Next(1, Math.Min(room, random.Next(2) == 0 ? 4096 : 150_000) + 1)];
            random.NextBytes(bytes);
            await NoteAsync(file.Inode, $"write at {offset}, {bytes.Length} bytes", _client.WriteAsync(file.Inode, (ulong)offset, bytes));
            bytes.CopyTo(file.Content, offset);
            return file with { Size = Math.Max(file.Size, offset + bytes.Length) };
        }

        private string NewName() => string.Create(CultureInfo.InvariantCulture, $"w{index}-{_names++}");
    }
}
