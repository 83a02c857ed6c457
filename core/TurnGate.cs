namespace SealFs.Core;

/// <summary>Lets in so many at a time, in the order in which they came; each goes on where it waited, never on a thread of somebody else's choice.</summary>
/// <param name="places">How many may be inside.</param>
public sealed class TurnGate(int places = 1)
{
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource> _waiting = new();
    private int _places = places;

    /// <exception cref="OperationCanceledException">Given up before its turn came.</exception>
    public async ValueTask EnterAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        TaskCompletionSource turn;
        lock (_gate)
        {
            if (_places > 0)
            {
                _places--;
                return;
            }

            turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(turn);
        }

        using var registration = cancellation.UnsafeRegister(static (turn, cancelled) => ((TaskCompletionSource)turn!).TrySetCanceled(cancelled), turn);
        await turn.Task;
    }

    /// <summary>The next one's turn.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            while (_waiting.TryDequeue(out var next))
            {
                if (next.TrySetResult())
                    return;
            }

            _places++;
        }
    }
}
