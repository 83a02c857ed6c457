using SealFs.Client.Fsck;
using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.Simulator.Checking;
using SealFs.Simulator.Cluster;
using SealFs.Simulator.Faults;
using SealFs.Simulator.Workload;
using SealFs.Simulator.World;

namespace SealFs.Simulator;

/// <summary>One run: a cluster is made, worked with and harmed, mended, and then held against what clients were told.</summary>
internal sealed class Simulation
{
    private const int SharedFiles = 2;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    /// <summary>Before the last loss of power: what was written last may have reached the nodes by then, and their disks, or not.</summary>
    private static readonly TimeSpan s_longestRest = TimeSpan.FromSeconds(5);

    private readonly SimulatedWorld _world;
    private readonly SimulatedCluster _cluster;
    private readonly History _history;
    private readonly FaultInjector _faults;
    private readonly ShardMover _mover;
    private readonly Workers _workers;
    private readonly FilePromises _promises;
    private readonly List<OpenHandles> _handles = [];
    private Namespace? _names;
    private int _writers;
    private int _lastSlot;
    private int _undecided;

    private Simulation(int seed, SimulationOptions options, TextWriter? trace)
    {
        _world = new SimulatedWorld(seed, trace);
        _cluster = new SimulatedCluster(options, _world);
        _history = new History(_world);
        _promises = new FilePromises(_world);
        _cluster.Lost = _promises.NoteLoss;
        _cluster.Filled = _promises.NoteFull;
        _workers = new Workers(_world, _cluster, WorkAsync);
        _faults = new FaultInjector(_world, _cluster, _workers);
        _mover = new ShardMover(_world, _cluster);
    }

    public static SimulationReport Run(int seed, SimulationOptions? options = null, TextWriter? trace = null)
    {
        var simulation = new Simulation(seed, options ?? SimulationOptions.For(seed), trace);
        try
        {
            simulation.Run();
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            simulation._world.Fail($"the simulation broke: {failure}");
        }
        finally
        {
            simulation._cluster.End();
        }

        return new SimulationReport(
            seed, simulation._world.TraceHash, simulation._world.Events, simulation._world.Now, simulation._history.Operations.Count, simulation._world.Failures)
        {
            Undecided = simulation._undecided,
            Arguments = simulation._cluster.Options.Arguments,
        };
    }

    private void Run()
    {
        _cluster.StartAll();
        var admin = _cluster.NewClient();
        if (!Do(admin, "setting up", () => SetUpAsync(admin)))
            return;
        _workers.Start();
        _faults.Start();
        _mover.Start();
        _world.RunUntil(() => _workers.AreDone, TimeSpan.FromSeconds(12));
        _faults.Heal();
        _mover.Stop();
        if (!Within("the clients' work", () => _workers.AreDone) || !LoseEverything() || !Do(admin, "the moves", () => MovesEndAsync(admin)) || !Do(admin, "the last look", () => LookAtEverythingAsync(admin)))
            return;

        // Sessions of clients that died run out meanwhile, and nothing is kept any more for somebody who might have it open.
        _world.RunFor(TimeSpan.FromSeconds(25));
        VolumeInfo? volume = null;
        if (Do(admin, "the check of the volume", () => CheckVolumeAsync(admin)) && Do(admin, "the last moves", () => MovesEndAsync(admin)) && Do(admin, "the usage", async () => volume = await UsageAsync(admin)))
        {
            new OwnershipCheck(_world, _cluster).Run(volume!);
            if (!_cluster.Options.LosesUnsynced && !_cluster.Options.WritesBehind)
                CheckHistory();
        }
    }

    /// <summary>Until there has been no move for longer than the manager waits before it makes some.</summary>
    private static async Task MovesEndAsync(SimulatedClient admin)
    {
        for (var quiet = 0; quiet < 5;)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), admin.Process.Clock);
            var moves = await admin.UntilHeardAsync(() => admin.Control.ListMovesAsync());
            quiet = moves.Moves.Count == 0 ? quiet + 1 : 0;
        }
    }

    private static Task<VolumeInfo> UsageAsync(SimulatedClient admin) =>
        admin.UntilHeardAsync(() => admin.Control.GetVolumeAsync(SimulatedCluster.Volume));

    private async Task SetUpAsync(SimulatedClient admin)
    {
        await _cluster.CreateVolumeAsync(admin);
        if (_cluster.Options.WritesBehind)
        {
            await SetUpFilesAsync(admin);
            return;
        }

        await admin.OpenAsync();
        var root = admin.Session!.Root;
        _names = new Namespace(_world, root);
        var thread = NewThread(admin);
        for (var file = 0; file < 3; file++)
        {
            var made = await thread.CreateAsync(root, Namespace.DataName(file));
            if (made.Status != Errno.None)
                throw new InvalidOperationException($"A new cluster makes no file: {made}");
            _names.AddDataFile(new InodeId(made.Found));
            if (file == 0 && !_cluster.Options.LosesUnsynced)
                await thread.WriteAsync((new InodeId(made.Found), Namespace.LastBlock));
        }
    }

    private async Task SetUpFilesAsync(SimulatedClient admin)
    {
        var writer = await NewWriterAsync(admin, 0);
        for (var file = 0; file < SharedFiles; file++)
            await writer.MakeFileAsync(isShared: true);
    }

    private async Task<FileWriter> NewWriterAsync(SimulatedClient client, int slot)
    {
        var open = await HandlesOfAsync(client);
        return new FileWriter(_world, client, open, slot, _cluster.Options.Clients * _cluster.Options.ThreadsPerClient);
    }

    private async Task<OpenHandles> HandlesOfAsync(SimulatedClient client)
    {
        if (_handles.Find(open => open.Mount == client.Mount) is { } known)
            return known;
        var mount = await client.MountAsync();
        mount.Fenced += _promises.NoteLoss;
        var open = new OpenHandles(_world, mount, _promises, client.Name);
        _handles.Add(open);
        return open;
    }

    private async Task WriteAsync(SimulatedClient client)
    {
        var writers = new List<FileWriter>();
        for (var thread = 0; thread < _cluster.Options.ThreadsPerClient; thread++)
            writers.Add(await NewWriterAsync(client, ++_writers));
        foreach (var work in writers.Select(writer => writer.RunAsync(_cluster.Options.OperationsPerThread)).ToList())
            await work;
    }

    /// <summary>The last loss of power: of all machines, mostly together with the mounts.</summary>
    private bool LoseEverything()
    {
        if (!_cluster.Options.WritesBehind)
            return true;
        _world.RunFor(_world.Between(TimeSpan.Zero, s_longestRest));
        if (_world.Chance(0.7))
        {
            foreach (var open in _handles.Skip(1))
                _cluster.Clients.Single(client => client.Name == open.Client).Crash();
        }

        foreach (var node in _cluster.Nodes)
            node.LosePower();
        foreach (var node in _cluster.Nodes)
            node.Start();
        return true;
    }

    private async Task WorkAsync(SimulatedClient client)
    {
        if (_cluster.Options.WritesBehind)
        {
            await WriteAsync(client);
            return;
        }

        await client.OpenAsync();
        var threads = Enumerable.Range(0, _cluster.Options.ThreadsPerClient).Select(_ => NewThread(client)).ToList();
        foreach (var work in threads.Select(thread => thread.RunAsync(_cluster.Options.OperationsPerThread)).ToList())
            await work;
    }

    private async Task LookAtEverythingAsync(SimulatedClient admin)
    {
        if (_cluster.Options.WritesBehind)
        {
            var writer = await NewWriterAsync(admin, 0);
            foreach (var file in _promises.Files)
                await writer.CheckAsync(file);
            return;
        }

        var thread = NewThread(admin);
        foreach (var directory in _names!.AllDirectories.ToList())
        {
            foreach (var name in Namespace.AllNames)
                await thread.LookupAsync(directory, name);
        }

        if (_cluster.Options.LosesUnsynced)
        {
            await thread.CheckSyncedAsync();
            return;
        }

        foreach (var file in _names.DataFiles)
        {
            for (var block = 0; block < _names.BlocksOf(file); block++)
                await thread.ReadAsync((file, block));
        }
    }

    private async Task CheckVolumeAsync(SimulatedClient admin)
    {
        var options = new VolumeCheckOptions { Verify = true, Execution = admin.Execution };
        var report = await VolumeCheck.RunAsync(admin.Control, SimulatedCluster.Volume, options);
        foreach (var finding in report.Findings.Where(finding => !_cluster.Options.WritesBehind || !IsLeftByLoss(finding)))
            _world.Fail($"fsck: {finding.Kind} at {finding.Path}: {finding}");
        if (report.Unsettled > 0)
            _world.Fail($"fsck: {report.Unsettled} findings did not settle");
    }

    /// <summary>
    /// What a loss of power leaves of bytes that nobody synced: those that are known to be lost, and chunks of a file whose size was lost, which the collector takes only when somebody has looked at them since.
    /// </summary>
    private static bool IsLeftByLoss(Finding finding) => finding.Kind is FindingKind.UnsyncedBytesLost or FindingKind.ChunkBehindEnd;

    private void CheckHistory()
    {
        bool IsContent(Operation operation) => operation.Kind is OperationKind.Read or OperationKind.Write or OperationKind.Truncate;
        var names = _history.Operations.Where(operation => !IsContent(operation));
        Judge("the namespace", names, new NamespaceModel(_names!.AllDirectories[0].Value));
        foreach (var file in _names.DataFiles)
        {
            for (var block = 0; block < _names.BlocksOf(file); block++)
            {
                var number = block;
                var content = _history.Operations.Where(operation =>
                    IsContent(operation) && operation.Inode == file.Value && (operation.Kind == OperationKind.Truncate || operation.Block == number)).ToList();
                var again = content.Where(static operation => operation.WasRepeated).Select(static operation => operation.Again());
                Judge($"block {block} of file {file.Value:x}", content.Concat(again), new BlockModel());
            }
        }
    }

    private void Judge(string what, IEnumerable<Operation> operations, IModel model)
    {
        var objection = LinearizabilityCheck.Explain(what, operations, model, out var isUndecided);
        _undecided += isUndecided ? 1 : 0;
        if (objection is not null)
            _world.Fail(objection);
    }

    private ClientThread NewThread(SimulatedClient client)
    {
        return new ClientThread(_world, client, _names!, _history, ++_lastSlot, _cluster.Options.LosesUnsynced);
    }

    private bool Do(SimulatedClient client, string what, Func<Task> work)
    {
        var isDone = false;
        client.Run(async () =>
        {
            await work();
            isDone = true;
        });
        return Within(what, () => isDone);
    }

    private bool Within(string what, Func<bool> condition)
    {
        if (_world.RunUntil(condition, s_patience))
            return true;
        if (_world.Failures.Count == 0)
            _world.Fail($"{what} did not end within {s_patience}; unanswered:\n{string.Join("\n", _history.Operations.Where(static operation => operation.Status is null))}");
        return false;
    }
}
