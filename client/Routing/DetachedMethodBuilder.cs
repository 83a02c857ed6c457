using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace SealFs.Client.Routing;

/// <summary>What the compiler calls for methods that return <see cref="Detached"/>.</summary>
internal struct DetachedMethodBuilder
{
    private DetachedBox? _box;

    public readonly Detached Task => default;

    public static DetachedMethodBuilder Create() => default;

    public readonly void Start<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine =>
        stateMachine.MoveNext();

    public readonly void SetStateMachine(IAsyncStateMachine stateMachine)
    {
    }

    public readonly void SetResult() => _box?.Recycle();

    public readonly void SetException(Exception exception)
    {
        var info = ExceptionDispatchInfo.Capture(exception);
        ThreadPool.UnsafeQueueUserWorkItem(static captured => captured.Throw(), info, preferLocal: false);
    }

    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine =>
        awaiter.OnCompleted(BoxOf(ref stateMachine).Continue);

    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine =>
        awaiter.UnsafeOnCompleted(BoxOf(ref stateMachine).Continue);

    private DetachedBox BoxOf<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine
    {
        if (_box is not null)
            return _box;
        var box = DetachedBox<TStateMachine>.Rent();

        // This builder is a field of the state machine: it must know the box before the copy is made.
        _box = box;
        box.StateMachine = stateMachine;
        return box;
    }
}

/// <summary>Where a state machine lives while it waits.</summary>
internal abstract class DetachedBox
{
    protected DetachedBox() => Continue = MoveNext;

    public Action Continue { get; }

    public abstract void Recycle();

    protected abstract void MoveNext();
}

internal sealed class DetachedBox<TStateMachine> : DetachedBox
    where TStateMachine : IAsyncStateMachine
{
    private static readonly ConcurrentQueue<DetachedBox<TStateMachine>> s_free = new();

    public TStateMachine StateMachine = default!;

    public static DetachedBox<TStateMachine> Rent() => s_free.TryDequeue(out var box) ? box : new();

    public override void Recycle()
    {
        StateMachine = default!;
        s_free.Enqueue(this);
    }

    protected override void MoveNext() => StateMachine.MoveNext();
}
