namespace SealFs.Core.Rpc;

/// <summary>
/// The sending half of a connection. Whoever appends to the queue while nobody sends becomes the sender and drains the queue, what
/// others append meanwhile included; everybody else just leaves. The lock is never held across a system call. The descriptor is
/// closed by whoever leaves last: the closer, or the sender it found at work.
/// </summary>
internal abstract unsafe class FrameSender(int descriptor, Lock gate)
{
    private const int VectorCount = 16;

    private bool _sending;
    private bool _blocked;
    private bool _broken;
    private bool _closed;

    /// <summary>Guards the queue and the flags of this class.</summary>
    public Lock Gate { get; } = gate;

    public SendQueue Queue { get; } = new();

    public int Descriptor { get; } = descriptor;

    /// <summary>A hint when read without the lock.</summary>
    public bool IsSending => Volatile.Read(ref _sending);

    /// <summary>Under the lock: nothing may be queued any more.</summary>
    public bool IsClosed => _closed;

    /// <summary>Under the lock: true makes the caller the sender, who must call <see cref="Drain"/> without the lock.</summary>
    public bool TryBecomeSender()
    {
        if (_sending || _closed)
            return false;
        _sending = true;
        return true;
    }

    /// <summary>Sends until the queue is empty or the socket is full; then <see cref="OnBlocked"/> was called.</summary>
    public void Drain()
    {
        var vectors = stackalloc Libc.IoVector[VectorCount];
        nint sent = 0;
        while (true)
        {
            int count;
            lock (Gate)
            {
                Queue.Consume(sent);
                if (sent > 0)
                    OnConsumed();
                count = _broken || _closed ? 0 : Queue.Fill(vectors, VectorCount);
                if (count == 0)
                {
                    Leave();
                    return;
                }
            }

            sent = Send(vectors, count);
            if (sent < 0 && !OnSendError(Libc.LastErrno))
                return;
            sent = Math.Max(0, sent);
            if (sent > 0)
                RpcMetrics.Sent(sent);
        }
    }

    /// <summary>The socket has room again after it was full.</summary>
    public void OnWritable()
    {
        lock (Gate)
        {
            if (!_blocked || _closed)
                return;
            _blocked = false;
        }

        Drain();
    }

    /// <summary>Gives the memory of an empty queue back.</summary>
    public void TrimQueue()
    {
        lock (Gate)
        {
            if (!_sending && !_closed && Queue.QueuedBytes == 0)
                Queue.Dispose();
        }
    }

    /// <summary>Ends both directions; recv on the other thread returns at once. The descriptor stays.</summary>
    public void Shutdown()
    {
        lock (Gate)
        {
            if (!_closed)
                _ = Libc.shutdown(Descriptor, Libc.SHUT_RDWR);
        }
    }

    /// <summary>Nothing is sent any more. The descriptor is closed now, or by the sender at work.</summary>
    public void Close()
    {
        lock (Gate)
        {
            if (_closed)
                return;
            _closed = true;
            if (!_sending || _blocked)
                Release();
            else
                _ = Libc.shutdown(Descriptor, Libc.SHUT_RDWR);
        }
    }

    /// <summary>The socket is full: arrange for <see cref="OnWritable"/> to be called when it has room.</summary>
    protected abstract void OnBlocked();

    /// <summary>The peer cannot be sent to. The receiving half will notice the same and close the connection.</summary>
    protected abstract void OnBroken(int errno);

    /// <summary>Under the lock: there is more room in the queue.</summary>
    protected virtual void OnConsumed()
    {
    }

    private nint Send(Libc.IoVector* vectors, int count)
    {
        if (count == 1)
            return Libc.send(Descriptor, vectors->Base, vectors->Length, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);
        var message = new Libc.MessageHeader { Vectors = vectors, VectorCount = (nuint)count };
        return Libc.sendmsg(Descriptor, &message, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);
    }

    /// <summary>Returns true when the sender should try again.</summary>
    private bool OnSendError(int errno)
    {
        if (errno == Libc.EINTR)
            return true;
        lock (Gate)
        {
            if (errno == Libc.EAGAIN && !_closed)
            {
                Queue.CopyBorrowed();
                _blocked = true;
                OnBlocked();
                return false;
            }

            _broken = true;
            if (!_closed)
                _ = Libc.shutdown(Descriptor, Libc.SHUT_RDWR);
            Leave();
        }

        OnBroken(errno);
        return false;
    }

    private void Leave()
    {
        _sending = false;
        if (_broken)
            Queue.Dispose();
        if (_closed)
            Release();
    }

    private void Release()
    {
        Queue.Dispose();
        _ = Libc.close(Descriptor);
    }
}
