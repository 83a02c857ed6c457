using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using Xunit;

namespace SealFs.Core.Tests.Rpc;

public sealed class CompoundTests
{
    [Fact]
    public async Task Operations_of_a_compound_frame_arrive_in_order()
    {
        await using var pair = RpcPair.Start();
        var seen = new List<(Opcode, ulong)>();
        var compound = false;
        pair.Handler.Intercept = request =>
        {
            compound = (request.Header.Flags & FrameFlags.Compound) != 0;
            var reader = request.Read<CompoundBody>().Read();
            while (reader.MoveNext())
            {
                Assert.True(reader.TryRead<NumberMessage>(out var number));
                seen.Add((reader.Opcode, number.Value));
            }

            request.Reply(reader.Malformed ? Errno.Malformed : Errno.None);
            return true;
        };

        using var response = await Call(pair.Connection);
        Assert.Equal(Errno.None, response.Status);
        Assert.True(compound);
        Assert.Equal([(Opcode.Create, 1ul), (Opcode.Unlink, 2ul), (Opcode.Mkdir, 3ul)], seen);
    }

    [Fact]
    public void A_full_buffer_takes_no_further_operation()
    {
        Span<byte> target = stackalloc byte[40];
        var writer = new CompoundWriter(target);
        Assert.True(writer.TryAdd(Opcode.Create, new NumberMessage(1)));
        Assert.True(writer.TryAdd(Opcode.Create, new NumberMessage(2)));
        Assert.False(writer.TryAdd(Opcode.Create, new NumberMessage(3)));
        Assert.Equal(2, writer.Count);
        Assert.Equal(32, writer.Length);
    }

    [Fact]
    public void Every_truncation_is_noticed()
    {
        Span<byte> target = stackalloc byte[32];
        var writer = new CompoundWriter(target);
        writer.TryAdd(Opcode.Create, new NumberMessage(1));
        writer.TryAdd(Opcode.Create, new NumberMessage(2));
        for (var length = 1; length < 32; length++)
        {
            var reader = new CompoundReader(target[..length]);
            while (reader.MoveNext())
            {
            }

            Assert.Equal(length != 16, reader.Malformed);
        }

        target[2] = 1;
        var reserved = new CompoundReader(target);
        Assert.False(reserved.MoveNext());
        Assert.True(reserved.Malformed);
    }

    private static ValueTask<RpcResponse> Call(RpcConnection connection)
    {
        var call = new RpcCall { Opcode = Opcode.Create, Compound = true };
        Span<byte> target = stackalloc byte[256];
        var writer = new CompoundWriter(target);
        Assert.True(writer.TryAdd(Opcode.Create, new NumberMessage(1)));
        Assert.True(writer.TryAdd(Opcode.Unlink, new NumberMessage(2)));
        Assert.True(writer.TryAdd(Opcode.Mkdir, new NumberMessage(3)));
        return connection.CallAsync(in call, new CompoundBody(writer.Body));
    }
}
