using System.Text;

namespace SealFs.Cli.Output;

/// <summary>Columns aligned with blanks, as ps and df print them: easy to read, easy to cut.</summary>
internal sealed class TextTable
{
    private readonly List<string[]> _rows = [];
    private readonly bool[] _right;

    /// <param name="headings">A heading that starts with '&gt;' makes its column right-aligned.</param>
    public TextTable(params string[] headings)
    {
        _right = headings.Select(heading => heading.StartsWith('>')).ToArray();
        _rows.Add(headings.Select(heading => heading.TrimStart('>')).ToArray());
    }

    public void Add(params string[] cells) => _rows.Add(cells);

    public override string ToString()
    {
        var widths = Enumerable.Range(0, _right.Length).Select(column => _rows.Max(row => row[column].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var row in _rows)
        {
            var line = new StringBuilder();
            for (var column = 0; column < row.Length; column++)
            {
                if (column > 0)
                    line.Append("  ");
                line.Append(_right[column] ? row[column].PadLeft(widths[column]) : row[column].PadRight(widths[column]));
            }
            text.Append(line.ToString().TrimEnd()).Append('\n');
        }
        return text.ToString();
    }
}
