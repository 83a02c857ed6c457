using Xunit;

namespace SealFs.StorageNode.Tests.Shards;

/// <summary>Tests that measure the whole process.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;
