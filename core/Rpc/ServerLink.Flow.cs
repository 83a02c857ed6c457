namespace SealFs.Core.Rpc;

/// <summary>
/// Back-pressure: a connection with too many unanswered requests, or that does not read its answers, is not read from until half of that is gone.
/// </summary>
internal sealed unsafe partial class ServerLink
{
    /// <summary>Written by the loop thread under the lock.</summary>
    private bool _pausedReading;
    private bool _draining;
    private bool _wantWrite;

    private bool MustPause =>
        _draining || ClosingSinceMs != 0 || HeldRequests >= _options.HeldRequests || HeldBytes >= _options.HeldBytes || Queue.QueuedBytes >= _options.QueuedBytes;

    private bool MayResume =>
        !_draining && HeldRequests <= _options.HeldRequests / 2 && HeldBytes <= _options.HeldBytes / 2 && Queue.QueuedBytes <= _options.QueuedBytes / 2;

    /// <summary>Nothing is read at the moment, so that only epoll tells of a reset.</summary>
    public bool IsDeaf => _pausedReading || ClosingSinceMs != 0;

    /// <summary>Loop thread: takes no further requests; those that are there are still answered.</summary>
    public void StartDraining()
    {
        _draining = true;
        PauseWhenTooMuch();
    }

    /// <summary>The socket has room again: loop thread.</summary>
    public void OnRoom()
    {
        lock (Gate)
            SetWriteInterest(false);
        OnWritable();
    }

    private void PauseWhenTooMuch()
    {
        if (_pausedReading || !MustPause)
            return;
        lock (Gate)
        {
            // Answers given in the meantime saw no pause and asked for nothing: look again under the lock.
            if (MayResume)
                return;
            _pausedReading = true;
            ApplyInterest();
        }

        if (!_draining)
            RpcMetrics.Paused();
    }

    private string? Resume()
    {
        while (_pausedReading)
        {
            lock (Gate)
            {
                if (!MayResume)
                    return null;
                _pausedReading = false;
                ApplyInterest();
            }

            if (_receiver.Parse() is { } objection)
                return Malformed(objection);
            PauseWhenTooMuch();
        }

        return null;
    }

    private void UpdateInterest()
    {
        lock (Gate)
            ApplyInterest();
    }

    private void SetWriteInterest(bool wanted)
    {
        _wantWrite = wanted;
        ApplyInterest();
    }

    private void ApplyInterest()
    {
        var reading = !_pausedReading && ClosingSinceMs == 0;
        _loop.SetInterest(this, (reading ? Libc.EPOLLIN : 0) | (_wantWrite ? Libc.EPOLLOUT : 0));
    }
}
