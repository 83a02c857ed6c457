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
    private readonly Thread _thread;
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _stop;
    private int _rounds;
    private long _longestTicks;

    public VerifiedLoad(string directory)
    {
        _directory = directory;
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    public int Rounds => Volatile.Read(ref _rounds);

    public TimeSpan LongestCall => TimeSpan.FromTicks(Volatile.Read(ref _longestTicks));

    /// <summary>Waits until it got on by so many rounds, or failed.</summary>
    public async Task AdvanceAsync(int rounds)
    {
        var goal = Rounds + rounds;
        await Waiting.UntilAsync($"{rounds} rounds of the load", () => Rounds >= goal || _done.Task.IsCompleted, 90);
        if (_done.Task.IsFaulted)
            await _done.Task;
    }

    /// <summary>Ends it, and checks everything that it left.</summary>
    public async Task FinishAsync()
    {
        _stop = true;
        await _done.Task.WaitAsync(TimeSpan.FromSeconds(90));
        Verify();
    }

    private void Run()
    {
        try
        {
            using var log = Timed(() => new FileStream(Path.Combine(_directory, "log"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0));
            for (var round = 0; !_stop; round++)
            {
                Append(log, round);
                Replace(round);
                Volatile.Write(ref _rounds, round + 1);
            }
            Timed(() => log.Flush(flushToDisk: true));
            _done.SetResult();
        }
        catch (Exception problem)
        {
            _done.SetException(problem);
        }
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
        if (!content.AsSpan().SequenceEqual(Block(round)))
            throw new InvalidDataException($"{kept} has other content in round {round}.");
        var passing = Path.Combine(_directory, $"passing-{round}");
        Timed(() => Directory.CreateDirectory(passing));
        Timed(() => Directory.Delete(passing));
    }

    private void Verify()
    {
        using var log = File.OpenRead(Path.Combine(_directory, "log"));
        Assert.Equal((long)Rounds * BlockBytes, log.Length);
        var block = new byte[BlockBytes];
        for (var round = 0; round < Rounds; round++)
        {
            log.ReadExactly(block);
            Assert.True(block.AsSpan().SequenceEqual(Block(round)), $"block {round} of the log");
        }
        for (var slot = 0; slot < Math.Min(KeptFiles, Rounds); slot++)
        {
            var last = (Rounds - 1 - slot) / KeptFiles * KeptFiles + slot;
            Assert.Equal(Block(last), File.ReadAllBytes(Path.Combine(_directory, $"kept-{slot}")));
        }
        Assert.Equal(Math.Min(KeptFiles, Rounds) + 1, Directory.GetFileSystemEntries(_directory).Length);
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
