using SealFs.Core;
using SealFs.Core.Wire;
using SealFs.Simulator.Cluster;
using SealFs.Simulator.World;

namespace SealFs.Simulator.Workload;

/// <summary>One thread of an application: asks for one thing after the other, drawn at random from few names, so that threads are in each other's way.</summary>
internal sealed partial class ClientThread(SimulatedWorld world, SimulatedClient client, Namespace names, History history, int slot, bool losesUnsynced = false)
{
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(40);

    private const int FilledNames = 12;

    private static readonly TimeSpan s_longestFillPause = TimeSpan.FromMilliseconds(15);

    private readonly FileOperations _files = new(client, slot);

    public string Name { get; } = $"{client.Name}.{slot}";

    public async Task RunAsync(int operations)
    {
        for (var done = 0; done < operations; done++)
        {
            await Task.Delay(world.Between(TimeSpan.Zero, s_longestPause), client.Process.Clock);
            if (losesUnsynced)
                await AskForNamesAsync();
            else
                await AskSomethingAsync();
        }
    }

    /// <param name="directory">Where.</param>
    /// <param name="name">Which.</param>
    /// <param name="openStamp">The file is opened with its creation, unless this is 0.</param>
    public Task<Operation> CreateAsync(InodeId directory, string name, ulong openStamp = 0) =>
        DoAsync(New(OperationKind.Create, directory, name), async operation => Take(operation, await _files.CreateAsync(directory, name, openStamp)));

    public async Task<Operation> LookupAsync(InodeId directory, string name)
    {
        var operation = await DoAsync(New(OperationKind.Lookup, directory, name), async operation => Take(operation, await _files.LookupAsync(directory, name)));
        names.Note(operation);
        return operation;
    }

    public Task<Operation> ReadAsync((InodeId File, int Block) where)
    {
        var (file, block) = where;
        var asked = new Operation { Index = history.NextIndex, Client = Name, Kind = OperationKind.Read, Inode = file.Value, Block = block, Begin = history.Tick() };
        return DoAsync(asked, async operation =>
        {
            var (status, value, isTorn) = await _files.ReadAsync(file, Namespace.OffsetOf(block));
            if (isTorn)
                world.Fail($"a torn block was read: {operation}");
            operation.Value = value;
            return status;
        });
    }

    private Task AskSomethingAsync()
    {
        var dice = world.Random.Next(100);
        return dice switch
        {
            < 12 => CreateAsync(names.Directory(), names.Name()),
            < 14 => FillAsync(names.Directory(), names.Name()),
            < 22 => MkdirAsync(names.Directory(), names.Name()),
            < 38 => LookupAsync(names.Directory(), names.Name()),
            < 48 => RemoveAsync(OperationKind.Unlink, names.Directory(), names.Name()),
            < 53 => RemoveAsync(OperationKind.Rmdir, names.Directory(), names.Name()),
            < 66 => RenameAsync(names.Directory(), names.Name(), names.Directory(), names.Name()),
            < 72 => LinkAsync(names.File(), names.Directory(), names.Name()),
            < 86 => WriteAsync(names.Block()),
            < 94 => ReadAsync(names.Block()),
            < 96 => ListAsync(names.Directory()),
            < 97 => UseScratchFileAsync(names.Directory()),
            < 98 => KeepLogAsync(names.Directory()),
            _ => TruncateAsync(names.FileToCut()),
        };
    }

    private async Task<Operation> MkdirAsync(InodeId directory, string name)
    {
        var operation = await DoAsync(New(OperationKind.Mkdir, directory, name), async operation => Take(operation, await _files.MkdirAsync(directory, name)));
        names.Note(operation);
        return operation;
    }

    /// <summary>Makes a directory and, one soon after the other, names in it, and looks for others, which other threads may be making meanwhile.</summary>
    private async Task FillAsync(InodeId directory, string name)
    {
        var made = await MkdirAsync(directory, name);
        for (var number = 0; made.Status == Errno.None && number < FilledNames; number++)
        {
            await Task.Delay(world.Between(TimeSpan.Zero, s_longestFillPause), client.Process.Clock);
            if (number % 2 == 0)
                await CreateAsync(new InodeId(made.Found), names.Name());
            else
                await LookupAsync(new InodeId(made.Found), names.Name());
        }
    }

    private Task<Operation> RemoveAsync(OperationKind kind, InodeId directory, string name)
    {
        var opcode = kind == OperationKind.Unlink ? Opcode.Unlink : Opcode.Rmdir;
        return DoAsync(New(kind, directory, name), _ => _files.RemoveAsync(opcode, directory, name));
    }

    private Task<Operation> RenameAsync(InodeId source, string sourceName, InodeId target, string targetName)
    {
        var operation = new Operation
        {
            Index = history.NextIndex,
            Client = Name,
            Kind = OperationKind.Rename,
            Inode = source.Value,
            Name = sourceName,
            TargetDirectory = target.Value,
            TargetName = targetName,
            Begin = history.Tick(),
        };
        return DoAsync(operation, _ => _files.RenameAsync(source, sourceName, target, targetName));
    }

    private Task<Operation> LinkAsync(InodeId inode, InodeId directory, string name)
    {
        if (inode.IsNone)
            return LookupAsync(directory, name);
        var operation = new Operation
        {
            Index = history.NextIndex,
            Client = Name,
            Kind = OperationKind.Link,
            Inode = directory.Value,
            Name = name,
            LinkedInode = inode.Value,
            Begin = history.Tick(),
        };
        return DoAsync(operation, _ => _files.LinkAsync(inode, directory, name));
    }

    public Task<Operation> WriteAsync((InodeId File, int Block) where)
    {
        var (file, block) = where;
        var asked = new Operation
        {
            Index = history.NextIndex,
            Client = Name,
            Kind = OperationKind.Write,
            Inode = file.Value,
            Block = block,
            Value = (ulong)history.NextIndex + 1,
            Begin = history.Tick(),
        };
        return DoAsync(asked, async operation =>
        {
            var status = await _files.WriteAsync(file, Namespace.OffsetOf(block), operation.Value);
            operation.WasRepeated = _files.WasRepeated;
            return status;
        });
    }

    private Task<Operation> TruncateAsync(InodeId file)
    {
        var asked = new Operation { Index = history.NextIndex, Client = Name, Kind = OperationKind.Truncate, Inode = file.Value, Begin = history.Tick() };
        return DoAsync(asked, _ => _files.TruncateAsync(file));
    }

    private Operation New(OperationKind kind, InodeId directory, string name) =>
        new() { Index = history.NextIndex, Client = Name, Kind = kind, Inode = directory.Value, Name = name, Begin = history.Tick() };

    private async Task<Operation> DoAsync(Operation operation, Func<Operation, Task<Errno>> ask)
    {
        history.Add(operation);
        operation.Status = await ask(operation);
        history.Finish(operation);
        names.Note(operation);
        if (operation.Status is Errno.EIO or Errno.Malformed)
            world.Fail($"an application was told of a failure that nothing explains: {operation}");
        return operation;
    }

    private static Errno Take(Operation operation, (Errno Status, ulong Inode, bool IsDirectory) entry)
    {
        operation.Found = entry.Inode;
        operation.FoundDirectory = entry.IsDirectory;
        return entry.Status;
    }
}
