using System.Diagnostics;

namespace SealFs.CsiDriver.Tests.Node;

/// <summary>
/// An application on a mount: appends to a file that stays open, makes, renames, reads and removes small files, and believes nothing. Any error ends it; every call
/// is timed, so that the longest pause can be told.
/// </summary>
internal sealed class VerifiedLoad
{
    private const int BlockBytes = 4096;
    private const int KeptFiles = 64;

    private readonly string _directory;
    private volatile bool _stop;
    private int _rounds;
    private long _longestTicks;

    private VerifiedLoad(string directory) => _directory = directory;

    /// <summary>
    /// The whole program: prints the number of each round, ends when its input does, checks everything that it left, and prints the longest call in ms. Its exit code is 0 when all was well.
    /// </summary>
    public static int Run(string directory)
    {
        var load = new VerifiedLoad(directory);
        new Thread(() =>
        {
            Console.In.ReadToEnd();
            load._stop = true;
        })
        { IsBackground = true }.Start();
        try
        {
            load.Work();
            load.Verify();
            Console.WriteLine($"longest {TimeSpan.FromTicks(load._longestTicks).TotalMilliseconds:F0}");
            return 0;
        }
        catch (Exception problem)
        {
            Console.WriteLine($"round {load._rounds}: {problem}");
            return 1;
        }
    }

    private void Work()
    {
        using var log = Timed(() => new FileStream(Path.Combine(_directory, "log"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0));
        for (; !_stop; _rounds++)
        {
            Append(log, _rounds);
            Replace(_rounds);
            Console.WriteLine(_rounds);
        }
        Timed(() => log.Flush(flushToDisk: true));
    }

    private void Append(FileStream log, int round)
    {
        Timed(() => log.Write(Block(round)));
        if (round % 16 == 15)
            Timed(() => log.Flush(flushToDisk: true));
    }

    private void Replace(int round)
    {
        var (fresh, kept) = (Path.Combine(_directory, $"new-{round}"), Path.Combine(_directory, $"kept-{round % KeptFiles}"));
        Timed(() => File.WriteAllBytes(fresh, Block(round)));
        Timed(() => File.Move(fresh, kept, overwrite: true));
        var content = Timed(() => File.ReadAllBytes(kept));
        Expect(content.AsSpan().SequenceEqual(Block(round)), $"{kept} has other content in round {round}");
        var passing = Path.Combine(_directory, $"passing-{round}");
        Timed(() => Directory.CreateDirectory(passing));
        Timed(() => Directory.Delete(passing));
    }

    private void Verify()
    {
        using var log = File.OpenRead(Path.Combine(_directory, "log"));
        Expect(log.Length == (long)_rounds * BlockBytes, $"the log has {log.Length} bytes after {_rounds} rounds");
        var block = new byte[BlockBytes];
        for (var round = 0; round < _rounds; round++)
        {
            log.ReadExactly(block);
            Expect(block.AsSpan().SequenceEqual(Block(round)), $"block {round} of the log has other content");
        }
        for (var slot = 0; slot < Math.Min(KeptFiles, _rounds); slot++)
        {
            var last = (_rounds - 1 - slot) / KeptFiles * KeptFiles + slot;
            Expect(File.ReadAllBytes(Path.Combine(_directory, $"kept-{slot}")).AsSpan().SequenceEqual(Block(last)), $"kept-{slot} has other content");
        }
        Expect(Directory.GetFileSystemEntries(_directory).Length == Math.Min(KeptFiles, _rounds) + 1, "there are files too many or too few");
    }

    private static void Expect(bool isTrue, string otherwise)
    {
        if (!isTrue)
            throw new InvalidDataException(otherwise);
    }

    private static byte[] Block(int round)
    {
        var block = new byte[BlockBytes];
        new Random(round).NextBytes(block);
        return block;
    }

    private T Timed<T>(Func<T> call)
    {
        var begun = Stopwatch.GetTimestamp();
        var result = call();
        _longestTicks = Math.Max(_longestTicks, Stopwatch.GetElapsedTime(begun).Ticks);
        return result;
    }

    private void Timed(Action call) => Timed(() =>
    {
        call();
        return true;
    });
}
