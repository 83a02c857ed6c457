namespace SealFs.Cli.Checks;

/// <summary>One line on a terminal that says how far the check is; nothing where stderr is a file or a pipe.</summary>
internal sealed class FsckProgress : IDisposable
{
    private const int Width = 40;
    private readonly bool _shown = !Console.IsErrorRedirected;
    private readonly Lock _gate = new();

    /// <param name="done">Shards read.</param>
    /// <param name="shards">Of so many.</param>
    /// <param name="pass">From 1.</param>
    public void Report(int done, int shards, int pass)
    {
        if (!_shown)
            return;
        lock (_gate)
            Console.Error.Write($"\r{done} of {shards} shards read{(pass > 1 ? $" (look {pass})" : "")}".PadRight(Width));
    }

    public void Dispose()
    {
        if (_shown)
            Console.Error.Write("\r" + new string(' ', Width) + "\r");
    }
}
