using SealFs.Core.Wire;

namespace SealFs.Simulator.Network;

/// <summary>A frame on its way.</summary>
internal sealed record SimulatedFrame(FrameHeader Header, byte[] Body, byte[] Payload);
