using SealFs.Core.Rpc;

namespace SealFs.Simulator.Network;

/// <summary>A call that waits for its answer.</summary>
internal sealed class SimulatedCall(SimulatedFrame frame, nint replyBuffer, int replyLength)
{
    private readonly TaskCompletionSource<RpcResponse> _outcome = new();

    public SimulatedFrame Frame { get; } = frame;

    public bool IsSent { get; set; }

    public ITimer? Timer { get; set; }

    public CancellationTokenRegistration Cancellation { get; set; }

    public Task<RpcResponse> Task => _outcome.Task;

    /// <summary>The answer in memory as a receiver leaves it.</summary>
    public static unsafe RpcResponse ResponseOf(SimulatedFrame answer, SimulatedCall? call = null)
    {
        var buffer = RpcBuffer.Rent(Math.Max(1, answer.Body.Length + answer.Payload.Length));
        answer.Body.CopyTo(new Span<byte>(buffer.Address, answer.Body.Length));
        var payload = buffer.Address + answer.Body.Length;
        if (call is not null && call.ReplyTarget != 0 && answer.Payload.Length <= call.ReplyCapacity)
            payload = (byte*)call.ReplyTarget;
        answer.Payload.CopyTo(new Span<byte>(payload, answer.Payload.Length));
        return new RpcResponse(answer.Header, buffer, buffer.Address, payload);
    }

    public nint ReplyTarget { get; } = replyBuffer;

    public int ReplyCapacity { get; } = replyLength;

    public void End(RpcResponse response)
    {
        Timer?.Dispose();
        Cancellation.Dispose();
        _outcome.SetResult(response);
    }
}
