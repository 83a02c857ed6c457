using Xunit;

namespace SealFs.StorageNode.Tests.Hosting;

/// <summary>The kernel's boot id as the nodes of this process see it. It is one for the process: tests with this collection do not run beside others.</summary>
internal sealed class BootId : IDisposable
{
    private const string Variable = "SEALFS_TEST_BOOT_ID";

    public BootId() => Restart();

    /// <summary>From here on it is another kernel: what was in the memory of the last one is gone.</summary>
    public void Restart() => Environment.SetEnvironmentVariable(Variable, Guid.NewGuid().ToString("D"));

    public void Dispose() => Environment.SetEnvironmentVariable(Variable, null);
}

[CollectionDefinition(nameof(BootId), DisableParallelization = true)]
public sealed class BootIdCollection;
