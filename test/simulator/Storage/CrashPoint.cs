using SealFs.Simulator.World;

namespace SealFs.Simulator.Storage;

/// <summary>Lets a process die between two of its disk operations, in the middle of whatever it was doing.</summary>
internal sealed class CrashPoint(SimulatedProcess process, Action die)
{
    private int _left;

    /// <summary>The process dies at one of its next operations.</summary>
    public void Arm(int operations) => _left = operations;

    public void Pass()
    {
        if (_left > 0 && --_left == 0 && process.IsAlive)
            die();
    }
}
