namespace SealFs.CsiDriver.Tests.Node;

/// <summary>The same on a kernel that cannot send requests again: they are found in the memory that goes from one mountd to the next with the mount.</summary>
public sealed class OldKernelTests(OldKernelMachine machine, ITestOutputHelper output) : DeathTests(machine, output), IClassFixture<OldKernelMachine>;
