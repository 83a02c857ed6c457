using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using SealFs.StorageNode.Sessions;

namespace SealFs.Simulator.Network;

/// <summary>An accepted connection: greets, and then hands every frame to the node's dispatcher.</summary>
internal sealed class SimulatedConnection(SimulatedNodeServer server, SimulatedLink link)
{
    private Session? _session;
    private byte[]? _challenge;

    /// <summary>Called in the client's process for each answer.</summary>
    public Action<SimulatedFrame> Answered { get; set; } = static _ => { };

    public void Receive(SimulatedFrame frame)
    {
        var world = server.Network.World;
        world.Note($"{server.Process.Name} <- {frame.Header.Opcode} shard {frame.Header.Shard} session {frame.Header.Session} sequence {frame.Header.Sequence} {frame.Header.Flags}");
        if (frame.Header.Opcode == Opcode.Hello)
            Greet(frame);
        else if (_session is { } session)
            server.Parts.Node.Dispatcher.Dispatch(new SimulatedRequest(this, frame), session);
        else
            Answer(frame, Errno.SessionRefused, [], []);
    }

    public void Answer(SimulatedFrame request, Errno status, byte[] body, byte[] payload, WriteVerifier verifier = default)
    {
        server.Network.World.CheckThread();
        server.Network.World.Note($"{server.Process.Name} -> {request.Header.Opcode} sequence {request.Header.Sequence} {status}{Hint(status, body)}");
        var header = request.Header with
        {
            Flags = FrameFlags.Response,
            Length = (uint)(FrameHeader.Size + body.Length + payload.Length),
            BodyLength = (uint)body.Length,
            PayloadLength = (uint)payload.Length,
            StatusOrSlot = (int)status,
            Sequence = new Sequence(verifier.Value),
        };
        var answer = new SimulatedFrame(header, body, payload);
        link.ToClient(() => Answered(answer));
    }

    private static string Hint(Errno status, byte[] body) => status == Errno.WrongEpoch && WireBody.TryRead<EpochHint>(body, out var hint) ? $" {hint}" : "";

    public void Lost()
    {
        if (_session is { } session)
            server.Parts.Node.Sessions.Lost(session);
    }

    private void Greet(SimulatedFrame frame)
    {
        if (!WireBody.TryRead<HelloRequest>(frame.Body, out var hello))
        {
            Answer(frame, Errno.Malformed, [], []);
            return;
        }

        var status = server.Greeter.Greet(in hello, _challenge, certificate: null, out var session);
        if (status == Errno.ProofRequired)
        {
            _challenge = Greeter.NewChallenge();
            Answer(frame, status, _challenge, []);
            return;
        }

        if (status != Errno.None)
        {
            Answer(frame, status, [], []);
            return;
        }

        if (_session is { } before)
            server.Parts.Node.Sessions.Remove(before);
        _session = session;
        var reply = server.Greeter.Reply();
        var body = new byte[reply.Size];
        var writer = new WireWriter(body);
        reply.Write(ref writer);
        Answer(frame, Errno.None, body, []);
    }
}
