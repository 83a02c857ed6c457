namespace SealFs.Simulator.Workload;

/// <summary>One entry of a listing.</summary>
internal readonly record struct ListedEntry(string Name, ulong Inode, bool IsDirectory);
