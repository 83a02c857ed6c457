using Xunit;

namespace SealFs.Core.Tests.Rpc;

/// <summary>Tests that measure the whole process.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;
