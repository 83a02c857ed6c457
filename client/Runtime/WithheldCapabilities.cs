using SealFs.Fuse.Abi;

namespace SealFs.Client.Runtime;

/// <summary>
/// For tests: capabilities of the kernel that the mounts of a process do without, as if the kernel were older. They stand in the environment, as names of FUSE_INIT flags with commas
/// in between; nobody else has a use for it.
/// </summary>
internal static class WithheldCapabilities
{
    public const string Variable = "SEALFS_TEST_WITHHELD_FUSE_FLAGS";

    /// <exception cref="InvalidDataException">There is no such flag.</exception>
    public static FuseInitFlags OfThisProcess() => Parse(Environment.GetEnvironmentVariable(Variable));

    public static FuseInitFlags Parse(string? names)
    {
        if (string.IsNullOrEmpty(names))
            return FuseInitFlags.None;
        return Enum.TryParse<FuseInitFlags>(names, out var flags) ? flags : throw new InvalidDataException($"{Variable} has a flag that is not known: {names}");
    }
}
