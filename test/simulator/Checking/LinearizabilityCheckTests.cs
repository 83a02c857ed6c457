using SealFs.Core;
using SealFs.Simulator.Workload;
using Xunit;

namespace SealFs.Simulator.Checking;

/// <summary>Histories that are right, and such that are wrong in one place.</summary>
public sealed class LinearizabilityCheckTests
{
    private readonly List<Operation> _history = [];

    [Fact]
    public void A_read_of_what_was_written_over_is_found()
    {
        Add(OperationKind.Write, 1, 2).Value = 7;
        Add(OperationKind.Write, 3, 4).Value = 8;
        var read = Add(OperationKind.Read, 5, 6);
        read.Value = 8;
        Assert.Null(LinearizabilityCheck.Explain("the block", _history, new BlockModel()));
        read.Value = 7;
        Assert.Contains("#2", LinearizabilityCheck.Explain("the block", _history, new BlockModel()), StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_refused_for_lack_of_room_may_be_there_and_vanish_but_not_come_again()
    {
        var write = Add(OperationKind.Write, 1, 2);
        (write.Value, write.Status) = (7, Errno.ENOSPC);
        Add(OperationKind.Read, 3, 4).Value = 7;
        Add(OperationKind.Read, 5, 6).Value = 0;
        Assert.Null(LinearizabilityCheck.Explain("the block", _history, new BlockModel()));
        Add(OperationKind.Read, 7, 8).Value = 7;
        Assert.NotNull(LinearizabilityCheck.Explain("the block", _history, new BlockModel()));
    }

    [Fact]
    public void Concurrent_operations_may_come_in_either_order_and_not_in_both()
    {
        Add(OperationKind.Write, 1, 10).Value = 7;
        Add(OperationKind.Write, 2, 9).Value = 8;
        Add(OperationKind.Read, 11, 12).Value = 7;
        Assert.Null(LinearizabilityCheck.Explain("the block", _history, new BlockModel()));
        Add(OperationKind.Read, 13, 14).Value = 8;
        Assert.NotNull(LinearizabilityCheck.Explain("the block", _history, new BlockModel()));
    }

    [Fact]
    public void What_was_never_answered_may_have_happened_or_not_or_later()
    {
        var create = Add(OperationKind.Create, 1, Operation.Never, "a");
        create.Status = null;
        Add(OperationKind.Lookup, 2, 3, "a").Status = Errno.ENOENT;
        var lookup = Add(OperationKind.Lookup, 4, 5, "a");
        lookup.Found = 77;
        Add(OperationKind.Create, 6, 7, "a").Status = Errno.EEXIST;
        Assert.Null(LinearizabilityCheck.Explain("the names", _history, new NamespaceModel(1)));
        Add(OperationKind.Lookup, 8, 9, "a").Status = Errno.ENOENT;
        Assert.NotNull(LinearizabilityCheck.Explain("the names", _history, new NamespaceModel(1)));
    }

    [Fact]
    public void An_unlink_that_is_executed_twice_is_found()
    {
        Add(OperationKind.Create, 1, 2, "a").Found = 77;
        Add(OperationKind.Unlink, 3, 4, "a");
        Add(OperationKind.Create, 5, 6, "a").Found = 78;
        Assert.Null(LinearizabilityCheck.Explain("the names", _history, new NamespaceModel(1)));
        Add(OperationKind.Lookup, 7, 8, "a").Status = Errno.ENOENT;
        Assert.NotNull(LinearizabilityCheck.Explain("the names", _history, new NamespaceModel(1)));
    }

    private Operation Add(OperationKind kind, long begin, long end, string name = "")
    {
        var operation = new Operation
        {
            Index = _history.Count,
            Client = "client",
            Kind = kind,
            Inode = 1,
            Name = name,
            Begin = begin,
            End = end,
            Status = Errno.None,
        };
        _history.Add(operation);
        return operation;
    }
}
