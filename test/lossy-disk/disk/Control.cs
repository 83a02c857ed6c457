using System.Globalization;
using System.Net.Sockets;
using SealFs.Fuse;

namespace SealFs.LossyDisk;

/// <summary>Commands over a Unix socket, one a line, each answered by a line: <c>ok …</c> or <c>error …</c>.</summary>
/// <remarks>
/// <code>
/// fail OPERATION PATTERN EIO|ENOSPC|short|delay=MS [skip=N] [count=N]
/// heal                    no call fails any more
/// hits                    how many calls have failed by the rules in force
/// calls OPERATION         how many calls of that kind there were
/// capacity BYTES
/// unsynced                pages that a loss of power may take
/// lose all                everything that was not synced is gone
/// lose pages|torn SEED    some of it is gone
/// </code>
/// </remarks>
internal sealed class Control(LossyFileSystem fileSystem, string path) : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public void Start()
    {
        File.Delete(path);
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(8);
        _ = AcceptAsync();
    }

    public void Dispose()
    {
        _listener.Dispose();
        File.Delete(path);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptAsync());
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // The listener was closed.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        using var reader = new StreamReader(stream);
        await using var writer = new StreamWriter(stream) { AutoFlush = true, NewLine = "\n" };
        while (await reader.ReadLineAsync() is { } line)
            await writer.WriteLineAsync(Answer(line));
    }

    private string Answer(string line)
    {
        try
        {
            return $"ok {Run(line.Split(' ', StringSplitOptions.RemoveEmptyEntries))}".TrimEnd();
        }
        catch (Exception problem) when (problem is FormatException or IndexOutOfRangeException)
        {
            return $"error {problem.Message}";
        }
    }

    private string Run(string[] words)
    {
        switch (words[0])
        {
            case "fail":
                fileSystem.Faults.Add(Parse(words));
                return "";
            case "heal":
                fileSystem.Faults.Clear();
                return "";
            case "hits":
                return Text(fileSystem.Faults.Hits);
            case "calls":
                return Text(fileSystem.Faults.Calls(words[1]));
            case "capacity":
                fileSystem.CapacityBytes = long.Parse(words[1], CultureInfo.InvariantCulture);
                return "";
            case "unsynced":
                return Text(fileSystem.UnsyncedPages);
            case "lose" when words[1] == "all":
                fileSystem.LoseAll();
                return "";
            case "lose":
                fileSystem.LoseSome(new Random(int.Parse(words[2], CultureInfo.InvariantCulture)), torn: words[1] == "torn");
                return "";
            default:
                throw new FormatException($"unknown command {words[0]}");
        }
    }

    private static Fault Parse(string[] words)
    {
        var effect = words[3];
        var errno = effect switch
        {
            "EIO" => FuseErrno.EIO,
            "ENOSPC" => FuseErrno.ENOSPC,
            "short" => 0,
            _ when effect.StartsWith("delay=", StringComparison.Ordinal) => 0,
            _ => throw new FormatException($"unknown effect {effect}"),
        };
        return new Fault(words[1], words[2], errno, effect == "short", effect.StartsWith("delay=", StringComparison.Ordinal) ? Number(effect) : 0,
            words.Where(static word => word.StartsWith("skip=", StringComparison.Ordinal)).Select(Number).FirstOrDefault(),
            words.Where(static word => word.StartsWith("count=", StringComparison.Ordinal)).Select(Number).FirstOrDefault(int.MaxValue / 2));
    }

    private static int Number(string word) => int.Parse(word.AsSpan(word.IndexOf('=') + 1), CultureInfo.InvariantCulture);

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
