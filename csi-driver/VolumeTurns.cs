using System.Collections.Concurrent;

namespace SealFs.CsiDriver;

/// <summary>One call at a time for each volume: a second one is told to come again, as the interface wants it.</summary>
internal sealed class VolumeTurns
{
    private readonly ConcurrentDictionary<string, byte> _busy = new(StringComparer.Ordinal);

    /// <summary>Disposing ends the turn.</summary>
    /// <exception cref="Grpc.Core.RpcException">ABORTED: another call for the volume is under way.</exception>
    public IDisposable Enter(string volume) =>
        _busy.TryAdd(volume, 0) ? new Turn(this, volume) : throw Refusal.Busy($"Another request for volume {volume} is under way.");

    private sealed class Turn(VolumeTurns turns, string volume) : IDisposable
    {
        public void Dispose() => turns._busy.TryRemove(volume, out _);
    }
}
