using System.Buffers;
using SealFs.CsiDriver.Hosting;
using SealFs.CsiDriver.Protocol;
using SealFs.CsiDriver.Tests.Controller;

namespace SealFs.CsiDriver.Tests.Hosting;

/// <summary>Kubelets name the socket's path as the host.</summary>
public sealed class AuthorityTests(ControllerFixture fixture) : IClassFixture<ControllerFixture>
{
    [Theory]
    [InlineData("/var/lib/kubelet/plugins/sealfs.csi.sealfs.io/csi.sock")]
    [InlineData("%2Fcsi%2Fcsi.sock")]
    [InlineData("localhost")]
    public async Task A_client_that_names_a_path_as_the_host_is_served(string host)
    {
        using var socket = new CsiSocket(fixture.SocketPath, host);
        for (var i = 0; i < 3; i++)
            Assert.Equal("sealfs.csi.sealfs.io", (await socket.Identity.GetPluginInfoAsync(new GetPluginInfoRequest())).Name);

        // More than one frame, on the same connection.
        var request = new CreateVolumeRequest { Name = new string('n', 100_000) };
        await CsiSocket.RefusedAsync(Grpc.Core.StatusCode.InvalidArgument, socket.Controller.CreateVolumeAsync(request));
        Assert.True((await socket.Identity.ProbeAsync(new ProbeRequest())).Ready);
    }

    [Theory]

    // RFC 7541, C.4.1 and C.4.2: compressed by Huffman's code, with and without an entry of the dynamic table before it.
    [InlineData("828684418cf1e3c2e5f23a6ba0ab90f4ff", "828684" + "4109" + "6c6f63616c686f7374")]
    [InlineData("828684be5886a8eb10649cbf", "828684be5886a8eb10649cbf")]

    // C.3.1: plain; then the same with a change of the table's size before it, not indexed, never indexed, and with more behind it.
    [InlineData("828684410f7777772e6578616d706c652e636f6d", "82868441096c6f63616c686f7374")]
    [InlineData("2082010378787882", "208201096c6f63616c686f737482")]
    [InlineData("110378787884", "11096c6f63616c686f737484")]

    // A name in letters before it (C.2.1), and blocks that end in the middle of something.
    [InlineData("400a637573746f6d2d6b65790d637573746f6d2d686561646572410378797a", "400a637573746f6d2d6b65790d637573746f6d2d68656164657241096c6f63616c686f7374")]
    [InlineData("82410f7777", "82410f7777")]
    [InlineData("ff", "ff")]
    [InlineData("41", "41")]
    [InlineData("40", "40")]
    [InlineData("417fffffffff0f", "417fffffffff0f")]
    public void Only_the_authority_of_a_header_block_changes(string block, string expected)
    {
        var output = new ArrayBufferWriter<byte>();
        AuthorityHeader.Rewrite(Convert.FromHexString(block), output);
        Assert.Equal(expected, Convert.ToHexStringLower(output.WrittenSpan));
    }
}
