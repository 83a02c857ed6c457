using SealFs.Core.Wire;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Xattrs;

namespace SealFs.StorageNode.Names;

/// <summary>Registers the operations on names, inodes and extended attributes.</summary>
public static class NameOperations
{
    private const OperationKind Read = OperationKind.Gated | OperationKind.Volume;
    private const OperationKind Change = OperationKind.Gated | OperationKind.Volume | OperationKind.Remembered | OperationKind.Part;

    public static void Register(OperationTable table)
    {
        table.Register(Opcode.Lookup, Read | OperationKind.Part, LookupOperation.Handle);
        table.Register(Opcode.ReadDir, Read, ReadDirOperation.Handle);
        table.Register(Opcode.Create, Change, CreateOperation.Handle);
        table.Register(Opcode.Unlink, Change, UnlinkOperation.Handle);
        table.Register(Opcode.Link, Change, LinkOperation.Handle);
        table.Register(Opcode.Rename, Change, RenameOperation.Handle);

        table.Register(Opcode.GetAttr, Read | OperationKind.Part, GetAttrOperation.Handle);
        table.Register(Opcode.SetAttr, Change, SetAttrOperation.Handle);
        table.Register(Opcode.ReadLink, Read, ReadLinkOperation.Handle);
        table.Register(Opcode.Open, Read | OperationKind.Part, OpenOperation.Handle);
        table.Register(Opcode.Close, OperationKind.Node | OperationKind.Volume, CloseOperation.Handle);
        table.Register(Opcode.ListOpen, OperationKind.Node | OperationKind.Volume, ListOpenOperation.Handle);
        table.Register(Opcode.ReassertOpen, OperationKind.Node | OperationKind.Volume, ReassertOpenOperation.Handle);
        table.Register(Opcode.StatVolume, OperationKind.Node | OperationKind.Volume, StatVolumeOperation.Handle);

        table.Register(Opcode.GetXattr, Read, GetXattrOperation.Handle);
        table.Register(Opcode.ListXattr, Read, ListXattrOperation.Handle);
        table.Register(Opcode.SetXattr, Change, SetXattrOperation.Handle);
        table.Register(Opcode.RemoveXattr, Change, RemoveXattrOperation.Handle);
        table.Register(Opcode.Ping, OperationKind.Node, static request => request.Reply(Core.Errno.None));
    }
}
