namespace SealFs.Cli.Volumes;

/// <summary>What <c>volume show</c> prints: the volume and who has it open.</summary>
internal sealed record VolumeDetails(VolumeView Volume, IReadOnlyList<SessionView> Clients);
