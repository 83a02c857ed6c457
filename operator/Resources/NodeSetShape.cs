namespace SealFs.Operator.Resources;

/// <summary>What is decided step by step about the StatefulSet of the storage nodes, and does not simply follow from the spec.</summary>
internal sealed record NodeSetShape(int Replicas, int Partition, string MetadataSize, string DataSize);
