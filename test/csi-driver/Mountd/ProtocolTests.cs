using System.Buffers.Binary;
using System.Net.Sockets;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Client.Mountd;
using SealFs.Client.Mountd.V1;
using SealFs.Client.Mounting;

namespace SealFs.CsiDriver.Tests.Mountd;

/// <summary>mountd's socket against what nobody should send.</summary>
public sealed class ProtocolTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("sealfs-mountd-").FullName;
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    private string SocketPath => Path.Combine(_directory, "mountd.sock");

    public async ValueTask InitializeAsync()
    {
        var ready = new TaskCompletionSource();
        var options = new MountdOptions { SocketPath = SocketPath, WorkerCommand = new SelfCommand("/bin/false", []) };
        _running = MountDaemon.RunAsync(options, NullLoggerFactory.Instance, _ => ready.TrySetResult(), _stop.Token);
        await Task.WhenAny(_running, ready.Task);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Garbage_ends_its_connection_and_hurts_nobody_else()
    {
        await using var client = new MountdClient(SocketPath, TimeSpan.FromMinutes(1), NullLoggerFactory.Instance);
        await client.WaitConnectedAsync(TestContext.Current.CancellationToken);
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var time = 0; time < 200; time++)
        {
            using var socket = Connect();
            try
            {
                socket.Send(Garbage(random));
                socket.Shutdown(SocketShutdown.Send);
                Drain(socket);
            }
            catch (SocketException)
            {
                // It was closed before everything was sent.
            }
        }
        Assert.Null(await client.DescribeAsync("/nowhere", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_first_message_is_hello_in_a_version_that_is_spoken()
    {
        using var connection = Open();
        await FailsAsync(connection, new Envelope { Describe = new DescribeRequest { Directory = "/" } }, FailureCode.Invalid);
        await FailsAsync(connection, new Envelope { Hello = new Hello { Version = 99, Role = Role.Plugin } }, FailureCode.Invalid);
        await FailsAsync(connection, new Envelope { Hello = new Hello { Version = 1 } }, FailureCode.Invalid);
        await HelloAsync(connection);
        await FailsAsync(connection, new Envelope { Describe = new DescribeRequest { Directory = "/" } }, FailureCode.NotFound);
    }

    [Fact]
    public async Task Messages_that_make_no_sense_are_refused_and_the_connection_stays()
    {
        using var connection = Open();
        await HelloAsync(connection);
        await FailsAsync(connection, new Envelope(), FailureCode.UnknownMessage);
        await FailsAsync(connection, new Envelope { Deposit = new Deposit() }, FailureCode.UnknownMessage);
        await FailsAsync(connection, new Envelope { TakeOver = new TakeOver() }, FailureCode.UnknownMessage);
        await FailsAsync(connection, new Envelope { Mount = new MountRequest() }, FailureCode.Invalid);
        await FailsAsync(connection, new Envelope { Mount = new MountRequest { Options = new Options { Volume = "a", Directory = "relative", Managers = { "x:1" } } } }, FailureCode.Invalid);
        await FailsAsync(
            connection,
            new Envelope { Mount = new MountRequest { Options = new Options { Volume = "a", Directory = "/mnt", Managers = { "x:1" }, WriteBufferBytes = 1L << 40 } } },
            FailureCode.Invalid);
        await FailsAsync(connection, new Envelope { Unmount = new UnmountRequest { Directory = "/proc" } }, FailureCode.NotFound);
        await FailsAsync(connection, new Envelope { Restore = new Restore() }, FailureCode.Invalid);
        await FailsAsync(
            connection, new Envelope { Restore = new Restore { Record = new Client.Mountd.V1.Record { Id = ByteString.CopyFrom(new byte[16]), Options = new Options() } } }, FailureCode.Invalid);
        Assert.True(connection.IsOpen);
    }

    [Fact]
    public void Frames_that_contradict_themselves_are_no_frames()
    {
        var frame = MountdFrame.ToBytes(new Envelope { Done = new Done() }, 7, isAnswer: true, 0);
        using var good = MountdFrame.Parse(frame.AsSpan(0, 16), frame.AsSpan(16), []);
        Assert.Equal((7U, true, Envelope.MessageOneofCase.Done), (good.Call, good.IsAnswer, good.Envelope.MessageCase));
        Assert.Equal(frame.Length - 16, MountdFrame.LengthOf(frame));
        Assert.Throws<InvalidDataException>(() => MountdFrame.LengthOf(Changed(frame, 0, 0)));
        Assert.Throws<InvalidDataException>(() => MountdFrame.LengthOf(Changed(frame, 7, 0x7F)));
        Assert.Throws<InvalidDataException>(() => MountdFrame.Parse(Changed(frame, 14, 1).AsSpan(0, 16), frame.AsSpan(16), []));
        Assert.Throws<InvalidDataException>(() => MountdFrame.Parse(Changed(frame, 12, 2).AsSpan(0, 16), frame.AsSpan(16), []));
        Assert.Throws<InvalidDataException>(() => MountdFrame.Parse(frame.AsSpan(0, 16), [0xFF, 0xFF], []));
    }

    private static byte[] Changed(byte[] bytes, int offset, byte value)
    {
        var changed = bytes.ToArray();
        changed[offset] = value;
        return changed;
    }

    /// <summary>Noise, or a frame with noise in it, or half a frame.</summary>
    private static byte[] Garbage(Random random)
    {
        var noise = new byte[random.Next(1, 4096)];
        random.NextBytes(noise);
        if (random.Next(3) == 0)
            return noise;
        var frame = MountdFrame.ToBytes(new Envelope { Hello = new Hello { Version = 1, Role = Role.Plugin, Name = "garbage" } }, (uint)random.Next(), false, 0);
        if (random.Next(2) == 0)
            return [.. frame, .. noise];
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), random.Next(1 << 20));
        frame[random.Next(frame.Length)] ^= (byte)random.Next(1, 256);
        return frame;
    }

    private static void Drain(Socket socket)
    {
        var buffer = new byte[4096];
        while (socket.Receive(buffer) > 0)
        {
            // Answers to what happened to be understood.
        }
    }

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(SocketPath));
        return socket;
    }

    private MountdConnection Open()
    {
        var connection = new MountdConnection(Connect(), (_, _) => Task.FromResult(new Envelope { Done = new Done() }), NullLogger.Instance);
        connection.Start();
        return connection;
    }

    private static Task<Envelope> HelloAsync(MountdConnection connection) =>
        connection.CallAsync(new Envelope { Hello = new Hello { Version = 1, Role = Role.Plugin, Name = "test" } }, TimeSpan.FromSeconds(30));

    private static async Task FailsAsync(MountdConnection connection, Envelope question, FailureCode expected)
    {
        var failure = await Assert.ThrowsAsync<MountdException>(() => connection.CallAsync(question, TimeSpan.FromSeconds(30)));
        Assert.True(expected == failure.Code, $"{failure.Code}: {failure.Message}");
    }
}
