using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using SealFs.Client.Mountd.V1;
using SealFs.Fuse;

namespace SealFs.Client.Mountd;

/// <summary>
/// One connection of the mountd protocol: both sides ask and answer. A thread of its own receives, since descriptors come by recvmsg(2), which .NET does not offer;
/// whoever sends does it itself. It ends for one reason, which <see cref="Closed"/> brings.
/// </summary>
internal sealed partial class MountdConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly Func<MountdConnection, MountdFrame, Task<Envelope>> _answer;
    private readonly ILogger _logger;
    private readonly Lock _sendGate = new();
    private readonly ConcurrentDictionary<uint, TaskCompletionSource<MountdFrame>> _calls = [];
    private readonly TaskCompletionSource<string> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _receiver;
    private uint _lastCall;
    private int _answering;

    /// <param name="socket">Connected, in blocking mode; disposed with this.</param>
    /// <param name="answer">Answers a question. What it throws as <see cref="MountdException"/> becomes a failure.</param>
    /// <param name="logger">Where to log.</param>
    public MountdConnection(Socket socket, Func<MountdConnection, MountdFrame, Task<Envelope>> answer, ILogger logger)
    {
        _socket = socket;
        _answer = answer;
        _logger = logger;
        _socket.SendTimeout = (int)MountdLimits.FrameLimit.TotalMilliseconds;
        _receiver = new Thread(Receive) { IsBackground = true, Name = "mountd connection" };
    }

    /// <summary>Who is at the other end; empty until it said so.</summary>
    public string Peer { get; set; } = "";

    public Role Role { get; set; }

    /// <summary>Completes with the reason once nothing more is received.</summary>
    public Task<string> Closed => _closed.Task;

    public bool IsOpen => !_closed.Task.IsCompleted;

    public void Start() => _receiver.Start();

    /// <summary>Asks and waits for the answer.</summary>
    /// <exception cref="MountdException">A failure was answered, nothing in time, or the connection ended.</exception>
    public async Task<Envelope> CallAsync(Envelope question, TimeSpan limit, IReadOnlyList<int>? descriptors = null, CancellationToken cancellation = default)
    {
        var answered = new TaskCompletionSource<MountdFrame>(TaskCreationOptions.RunContinuationsAsynchronously);
        var call = Interlocked.Increment(ref _lastCall);
        _calls[call] = answered;
        try
        {
            Send(question, call, isAnswer: false, descriptors ?? []);
            if (!IsOpen)
                throw Ended(await Closed.ConfigureAwait(false));
            using var frame = await answered.Task.WaitAsync(limit, cancellation).ConfigureAwait(false);
            return frame.Envelope.Failure is { } failure ? throw new MountdException(failure.Code, failure.Reason) : frame.Envelope;
        }
        catch (TimeoutException problem)
        {
            throw new MountdException(FailureCode.Timeout, $"No answer to {question.MessageCase} within {limit.TotalSeconds:F0} s.", problem);
        }
        finally
        {
            _calls.TryRemove(call, out _);
        }
    }

    /// <summary>Ends the connection; what waits for an answer fails.</summary>
    public void Dispose()
    {
        Close("closed by this side");
        if (_receiver.IsAlive && Thread.CurrentThread != _receiver)
            _receiver.Join();
        _socket.Dispose();
    }

    private static MountdException Ended(string reason) => new(FailureCode.Unavailable, $"The connection ended: {reason}.");

    private void Close(string reason)
    {
        if (!_closed.TrySetResult(reason))
            return;
        LogClosed(Peer, reason);
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // The other side was faster.
        }
        foreach (var (call, _) in _calls)
        {
            if (_calls.TryRemove(call, out var waiting))
                waiting.TrySetException(Ended(reason));
        }
    }

    private void Send(Envelope envelope, uint call, bool isAnswer, IReadOnlyList<int> descriptors)
    {
        var bytes = MountdFrame.ToBytes(envelope, call, isAnswer, descriptors.Count);
        try
        {
            lock (_sendGate)
                DescriptorPassing.SendMessage((int)_socket.Handle, bytes, [.. descriptors]);
        }
        catch (Exception problem) when (problem is FuseException or ObjectDisposedException)
        {
            // Half a frame may have gone: nothing can follow it.
            Close(problem.Message);
            throw Ended(problem.Message);
        }
    }

    private void Receive()
    {
        try
        {
            var header = new byte[MountdFrame.HeaderBytes];
            while (true)
            {
                var descriptors = new List<int>();
                if (!ReceiveFully(header, descriptors, mayEnd: true))
                    break;
                byte[] body;
                try
                {
                    body = new byte[MountdFrame.LengthOf(header)];
                    ReceiveFully(body, descriptors, mayEnd: false);
                }
                catch
                {
                    descriptors.ForEach(FuseMount.Close);
                    throw;
                }
                Take(MountdFrame.Parse(header, body, [.. descriptors]));
            }
            Close("the other side ended it");
        }
        catch (Exception problem) when (problem is InvalidDataException or FuseException or ObjectDisposedException)
        {
            Close(problem.Message);
        }
    }

    /// <returns>False: the stream ended before the first byte.</returns>
    private bool ReceiveFully(byte[] buffer, List<int> descriptors, bool mayEnd)
    {
        var done = 0;
        while (done < buffer.Length)
        {
            var length = DescriptorPassing.ReceiveMessage((int)_socket.Handle, buffer.AsSpan(done), descriptors);
            if (length == 0)
                return done == 0 && mayEnd ? false : throw new InvalidDataException("The stream ended within a message.");
            done += length;
        }
        return true;
    }

    private void Take(MountdFrame frame)
    {
        if (frame.IsAnswer)
        {
            // An answer that nobody waits for any more came too late.
            if (!_calls.TryRemove(frame.Call, out var waiting) || !waiting.TrySetResult(frame))
                frame.Dispose();
            return;
        }
        if (Interlocked.Increment(ref _answering) > MountdLimits.MaxCalls)
        {
            frame.Dispose();
            throw new InvalidDataException("too many questions at once");
        }
        _ = Task.Run(() => AnswerAsync(frame));
    }

    private async Task AnswerAsync(MountdFrame frame)
    {
        using (frame)
        {
            Envelope answer;
            try
            {
                answer = await _answer(this, frame).ConfigureAwait(false);
            }
            catch (MountdException refusal)
            {
                answer = new Envelope { Failure = new Failure { Code = refusal.Code, Reason = refusal.Message } };
            }
            catch (Exception problem)
            {
                LogHandlerFailed(problem, Peer);
                answer = new Envelope { Failure = new Failure { Code = FailureCode.Failed, Reason = problem.Message } };
            }
            try
            {
                Send(answer, frame.Call, isAnswer: true, []);
            }
            catch (MountdException)
            {
                // The connection is gone: the other side asks again on the next.
            }
            finally
            {
                Interlocked.Decrement(ref _answering);
            }
        }
    }
}
