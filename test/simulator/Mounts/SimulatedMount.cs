using System.Runtime.InteropServices;
using SealFs.Client.Buffering;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Fuse.Abi;
using SealFs.Simulator.Cluster;
using SealFs.Simulator.World;

namespace SealFs.Simulator.Mounts;

/// <summary>
/// A mount: the kernel's side, which sends what was not answered again to the successor of a worker that died, and the keeper's, which keeps the session and the memory.
/// Everything between a request and the storage nodes is the real client.
/// </summary>
internal sealed class SimulatedMount : IDisposable
{
    private const int Root = 1;
    private const int ArenaFiles = 64;

    private static readonly TimeSpan s_longestCrossing = TimeSpan.FromMicroseconds(20);
    private static readonly TimeSpan s_longestAbsence = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    private readonly SimulatedCluster _cluster;
    private readonly SimulatedClient _client;
    private readonly ArenaMemory _memory;
    private readonly SortedDictionary<ulong, Pending> _pending = [];
    private readonly List<MountWorker> _workers = [];
    private readonly MountMistakes _mistakes;
    private ClientSessionLoop _loop = null!;
    private SimulatedProcess? _process;
    private MountWorker? _worker;
    private ushort _generation;
    private ulong _lastUnique;

    public SimulatedMount(SimulatedCluster cluster, SimulatedClient client)
    {
        _cluster = cluster;
        _client = client;
        _memory = new ArenaMemory(new ArenaLayout(ArenaFiles, 16 + cluster.World.Random.Next(48)));
        _mistakes = new MountMistakes(cluster.Options.Mistakes);
    }

    /// <summary>The session has ended, and what was dirty under it is lost. Raised at the latest before an answer that could show it.</summary>
    public event Action? Fenced;

    public MountMistakes Mistakes => _mistakes;

    public InodeId RootInode => _loop.Current.Root;

    private SimulatedWorld World => _cluster.World;

    /// <summary>Opens a session, as soon as there is a manager, and starts the first worker.</summary>
    public async Task OpenAsync()
    {
        await OpenSessionAsync();
        StartWorker();
    }

    /// <summary>Asks what an application asks by a system call.</summary>
    /// <param name="opcode">What.</param>
    /// <param name="inode">Of which file.</param>
    /// <param name="body">What follows the header.</param>
    /// <returns>An errno, 0 when it was done, and the payload of the reply.</returns>
    public Task<(Errno Status, byte[] Payload)> CallAsync(FuseOpcode opcode, InodeId inode, params ReadOnlySpan<byte> body)
    {
        var header = new fuse_in_header
        {
            len = (uint)(Marshal.SizeOf<fuse_in_header>() + body.Length),
            opcode = opcode,
            unique = _lastUnique += 2,
            nodeid = inode == RootInode ? Root : inode.Value,
            pid = 1,
        };
        var message = new byte[header.len];
        MemoryMarshal.Write(message, header);
        body.CopyTo(message.AsSpan(Marshal.SizeOf<fuse_in_header>()));
        var pending = new Pending(message);
        _pending.Add(header.unique, pending);
        Deliver(pending);
        return pending.Outcome.Task;
    }

    /// <summary>kill -9 of the worker; the keeper starts another one.</summary>
    public void KillWorker()
    {
        if (_process is not { IsAlive: true } || !_client.Process.IsAlive)
            return;
        World.Note($"the worker of {_client.Name} dies");
        _process.Kill();
        World.Schedule(World.Between(TimeSpan.Zero, s_longestAbsence), _client.Process, StartWorker);
    }

    /// <summary>An administrator ends the session.</summary>
    public async Task EndSessionAsync()
    {
        // It has none yet.
        if (_loop is null)
            return;
        World.Note($"the session of {_client.Name} is ended");
        try
        {
            await _client.Control.CloseSessionAsync(_loop.Current.Id, _loop.Current.Key);
        }
        catch (ControlException)
        {
            // No manager just now: it lives on.
        }
    }

    public void Crash() => _process?.Kill();

    public void Dispose()
    {
        foreach (var worker in _workers)
            worker.Dispose();
        _memory.Dispose();
    }

    private async Task OpenSessionAsync()
    {
        var request = new OpenSessionRequest { Volume = SimulatedCluster.Volume, ClientName = _client.Name, Host = _client.Name };
        var process = _client.Process;
        _loop = await _client.UntilHeardAsync(() => ClientSessionLoop.OpenAsync(_client.Control, request, process.Clock, null, process.Tasks, process.Random));
        _loop.Renewed += session => InWorker(worker => worker.Router.Update(session));
        _loop.Lost += reason =>
        {
            World.Note($"the session of {_client.Name} is lost: {reason}");
            InWorker(static worker => worker.Router.EndSession());
            _ = process.Tasks.StartNew(ReplaceSessionAsync);
        };
    }

    private async Task ReplaceSessionAsync()
    {
        await Task.Delay(World.Between(TimeSpan.Zero, s_pause), _client.Process.Clock);
        await OpenSessionAsync();
        World.Note($"{_client.Name} has another session, {_loop.Current.Id}");
        Fenced?.Invoke();
        KillWorker();
    }

    private void InWorker(Action<MountWorker> work)
    {
        if (_worker is { } worker && _process is { IsAlive: true } process)
            World.Schedule(TimeSpan.Zero, process, () => work(worker));
    }

    private void StartWorker()
    {
        if (_process is { IsAlive: true })
            return;
        var process = _process = new SimulatedProcess(World, _client.Name, _cluster.NextProcess());
        _worker = null;
        var generation = ++_generation;
        World.Schedule(TimeSpan.Zero, process, () => Serve(process, generation));
    }

    private void Serve(SimulatedProcess process, ushort generation)
    {
        var connect = _mistakes.Connect(_cluster.Network, process);
        MountWorker? worker = null;
        worker = new MountWorker(_cluster, process, _loop.Current, generation, _memory.Map(), connect, (unique, errno, payload) => Answered(process, worker, unique, errno, payload));
        _worker = worker;
        _workers.Add(worker);
        foreach (var pending in _pending.Values.ToList())
        {
            if (pending.WasDelivered)
                pending.Message[15] |= 0x80;
            pending.WasDelivered = true;
            worker.Device.Deliver(pending.Message);
        }
    }

    private void Deliver(Pending pending)
    {
        if (_process is not { IsAlive: true } process || _worker is not { } worker)
            return;
        World.Schedule(World.Between(TimeSpan.Zero, s_longestCrossing), process, () =>
        {
            if (pending.WasDelivered)
                return;
            pending.WasDelivered = true;
            worker.Device.Deliver(pending.Message);
        });
    }

    private int Answered(SimulatedProcess process, MountWorker? worker, ulong unique, int errno, byte[] payload)
    {
        if (!process.IsAlive || !_pending.Remove(unique, out var pending))
            return (int)Errno.ENOENT;
        if (worker is { Router.SessionEnded: true })
            Fenced?.Invoke();
        World.Schedule(World.Between(TimeSpan.Zero, s_longestCrossing), _client.Process, () => pending.Outcome.SetResult(((Errno)errno, payload)));
        return 0;
    }

    private sealed class Pending(byte[] message)
    {
        public byte[] Message => message;

        public bool WasDelivered { get; set; }

        public TaskCompletionSource<(Errno Status, byte[] Payload)> Outcome { get; } = new();
    }
}
