namespace SealFs.Simulator.Workload;

/// <summary>What a client can ask for.</summary>
internal enum OperationKind
{
    Create,
    Mkdir,
    Lookup,
    Unlink,
    Rmdir,
    Rename,
    Link,

    // Contents.
    Write,
    Read,
    Truncate,
}
