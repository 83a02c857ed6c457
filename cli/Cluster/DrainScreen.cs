namespace SealFs.Cli.Cluster;

/// <summary>One line on stderr that says how far a drain is: written over on a terminal; elsewhere a new one now and then, when something changed.</summary>
internal sealed class DrainScreen(string node) : IDisposable
{
    private static readonly TimeSpan s_lineInterval = TimeSpan.FromSeconds(10);

    private readonly bool _isTerminal = !Console.IsErrorRedirected;
    private string _shown = "";
    private DateTime _shownAt = DateTime.MinValue;

    public void Show(string text)
    {
        if (text == _shown || (!_isTerminal && DateTime.UtcNow - _shownAt < s_lineInterval))
            return;
        var line = $"{node}: {text}";
        if (_isTerminal)
            Console.Error.Write("\r" + Fit(line));
        else
            Console.Error.WriteLine(line);
        _shown = text;
        _shownAt = DateTime.UtcNow;
    }

    /// <summary>A line that stays.</summary>
    public void Say(string text)
    {
        Clear();
        Console.Error.WriteLine(text);
    }

    public void Dispose() => Clear();

    private void Clear()
    {
        if (_isTerminal && _shown.Length > 0)
            Console.Error.Write("\r" + Fit("") + "\r");
        _shown = "";
    }

    /// <summary>A line that is wrapped could not be written over.</summary>
    private static string Fit(string line)
    {
        var width = Math.Max(20, Console.WindowWidth) - 1;
        return line.Length > width ? line[..width] : line.PadRight(width);
    }
}
