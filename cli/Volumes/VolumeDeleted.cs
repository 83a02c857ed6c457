namespace SealFs.Cli.Volumes;

/// <summary>What <c>volume delete</c> prints.</summary>
internal sealed record VolumeDeleted(string Name, uint Id, uint EndedSessions);
