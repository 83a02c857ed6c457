using SealFs.Core;
using SealFs.Core.Wire;

namespace SealFs.StorageNode.Routing;

/// <summary>A call to whichever node serves a shard.</summary>
/// <param name="Opcode">What is asked.</param>
/// <param name="Shard">Of whom.</param>
/// <param name="Volume">The volume it is about; 0 for none.</param>
/// <param name="TimeoutMs">From now on, all tries together.</param>
internal readonly record struct ShardCall(Opcode Opcode, ShardId Shard, VolumeId Volume, uint TimeoutMs);
