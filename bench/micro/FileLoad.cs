using System.Diagnostics;
using System.Globalization;
using System.Text;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;

namespace SealFs.Bench;

/// <summary>
/// Fills a volume with empty files over the data plane, many requests at a time: what a test of memory needs, and no mount could make in the same time.
/// A thousand files in each directory, a hundred directories in each of those at the top.
/// </summary>
internal sealed partial class FileLoad(ClientSessionLoop session) : IAsyncDisposable
{
    private const int FilesPerDirectory = 1000;
    private const int DirectoriesPerParent = 100;
    private const int Callers = 128;
    private const uint FileMode = InodeAttributes.TypeRegular | 0x1A4;
    private const uint DirectoryMode = InodeAttributes.TypeDirectory | 0x1ED;

    private readonly Dictionary<NodeId, RpcConnection> _connections = [];
    private readonly Dictionary<int, Task<InodeId>> _parents = [];
    private readonly Lock _gate = new();
    private long _sequence;
    private int _nextDirectory = -1;
    private long _done;

    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length is not (3 or 4) || !TryParse(args[2], out var files) || files < FilesPerDirectory || !TryParse(args.ElementAtOrDefault(3) ?? "0", out var lookups))
        {
            Console.Error.WriteLine($"usage: SealFs.Bench load MANAGER VOLUME FILES [LOOKUPS]   (at least {FilesPerDirectory} files; with LOOKUPS they are there already)");
            return 2;
        }

        using var control = new ControlClient([args[0]]);
        await using var session = await ClientSessionLoop.OpenAsync(control, new OpenSessionRequest { Volume = args[1], ClientName = "SealFs.Bench load" });
        await using (var load = new FileLoad(session))
            await load.RunAsync(files / FilesPerDirectory, lookups);
        await session.CloseAsync();
        return 0;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections.Values)
            await connection.DisposeAsync();
    }

    private static bool TryParse(string text, out int number) => int.TryParse(text, CultureInfo.InvariantCulture, out number);

    private async Task RunAsync(int directories, int lookups)
    {
        var watch = Stopwatch.StartNew();
        using var reporting = new Timer(_ => Report(watch), null, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10));
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(slot => Task.Run(
            () => lookups == 0 ? FillAsync((ushort)slot, directories) : LookAsync(slot, directories, lookups / Callers))));
        Report(watch);
    }

    private void Report(Stopwatch watch)
    {
        var done = Interlocked.Read(ref _done);
        Console.WriteLine($"{watch.Elapsed.TotalSeconds,6:F0} s {done,12:N0} files {done / watch.Elapsed.TotalSeconds,10:N0} per second");
    }

    private async Task FillAsync(ushort slot, int directories)
    {
        var name = new byte[64];
        for (int number; (number = Interlocked.Increment(ref _nextDirectory)) < directories;)
        {
            var parent = await ParentAsync(number / DirectoriesPerParent, slot);
            var directory = await MakeDirectoryAsync(parent, DirectoryName(number), slot);
            for (var file = 0; file < FilesPerDirectory; file++)
            {
                await CreateAsync(directory, name, WriteFileName(name, number, file), slot);
                Interlocked.Increment(ref _done);
            }
        }
    }

    private Task<InodeId> ParentAsync(int number, ushort slot)
    {
        lock (_gate)
        {
            if (!_parents.TryGetValue(number, out var parent))
                _parents.Add(number, parent = MakeDirectoryAsync(session.Current.Root, ParentName(number), slot));
            return parent;
        }
    }

    private static string ParentName(int number) => string.Create(CultureInfo.InvariantCulture, $"parent-{number}");

    private static string DirectoryName(int number) => string.Create(CultureInfo.InvariantCulture, $"directory-{number}");

    private static int WriteFileName(byte[] name, int directory, int file) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"file-{directory:D6}-{file:D6}.data"), name);

    private async Task<InodeId> MakeDirectoryAsync(InodeId parent, string name, ushort slot)
    {
        var bytes = Encoding.ASCII.GetBytes(name);
        using var response = await SendDirectoryAsync(parent, bytes, slot);
        return Check(in response, name).Attributes.Inode;
    }

    private ValueTask<RpcResponse> SendDirectoryAsync(InodeId parent, byte[] name, ushort slot)
    {
        var call = CallTo(Opcode.Mkdir, parent.Shard, slot);
        return ConnectionTo(parent.Shard).CallAsync(in call, new MkdirRequest { Directory = parent, Mode = DirectoryMode, Name = name });
    }

    private async ValueTask CreateAsync(InodeId directory, byte[] name, int length, ushort slot)
    {
        using var response = await SendFileAsync(directory, name.AsSpan(0, length), slot);
        Check(in response, "a file");
    }

    private ValueTask<RpcResponse> SendFileAsync(InodeId directory, ReadOnlySpan<byte> name, ushort slot)
    {
        var call = CallTo(Opcode.Create, directory.Shard, slot);
        return ConnectionTo(directory.Shard).CallAsync(
            in call, new CreateRequest { Directory = directory, Mode = FileMode, Flags = CreateFlags.Exclusive, Name = name });
    }

    private static EntryReply Check(in RpcResponse response, string what) =>
        response.Status == Errno.None ? response.Read<EntryReply>() : throw new InvalidOperationException($"{what}: {response.Status}");

    private RpcCall CallTo(Opcode opcode, ShardId shard, ushort slot) => new()
    {
        Opcode = opcode,
        Shard = shard,
        Epoch = session.Current.Map.EpochOf(shard),
        Session = session.Current.Id,
        Sequence = new Sequence((ulong)Interlocked.Increment(ref _sequence)),
        Slot = slot,
        Volume = session.Current.VolumeId,
        TimeoutMs = 120_000,
    };

    private RpcConnection ConnectionTo(ShardId shard)
    {
        var map = session.Current.Map;
        var id = map.PrimaryOf(shard);
        lock (_gate)
        {
            if (!_connections.TryGetValue(id, out var connection))
                _connections.Add(id, connection = Connect(map.Node(id)!));
            return connection;
        }
    }

    private RpcConnection Connect(ClusterNode node)
    {
        if (!RpcEndpoint.TryParse(node.Address, out var tcp))
            throw new InvalidDataException($"Node {node.Id} has the address '{node.Address}', which is none.");
        return new RpcConnection(tcp!, new RpcClientOptions { Hello = (body, attempt) => WriteHello(body, attempt, default), Prove = WriteHello });
    }

    private int WriteHello(Span<byte> body, ConnectionAttempt attempt, ReadOnlySpan<byte> challenge) =>
        session.Current.WriteHello(body, attempt, PeerRole.Client, generation: 0, challenge);
}
