namespace SealFs.Scaling;

/// <summary>What is measured, and how large.</summary>
internal sealed record BenchOptions(string[] Parts, uint Shards, int Nodes, int Clients, int Repetitions, bool Quick)
{
    public bool Has(string part) => Parts.Contains(part);

    /// <returns>The options, or null when they make no sense.</returns>
    public static BenchOptions? Parse(string[] args)
    {
        var options = new BenchOptions(["plan", "map", "control"], 10_000, 1_000, 10_000, 5, Quick: false);
        for (var index = 0; index < args.Length; index++)
        {
            if (args[index] == "--quick")
            {
                options = options with { Shards = 1_000, Nodes = 50, Clients = 200, Repetitions = 2, Quick = true };
                continue;
            }
            if (index + 1 == args.Length)
                return null;
            var value = args[++index];
            if (args[index - 1] == "--parts")
                options = options with { Parts = value.Split(',') };
            else if (!int.TryParse(value, out var number) || number < 1)
                return null;
            else if (args[index - 1] is not ("--shards" or "--nodes" or "--clients" or "--reps"))
                return null;
            else
                options = options.With(args[index - 1], number);
        }
        return options;
    }

    private BenchOptions With(string name, int number) => name switch
    {
        "--shards" => this with { Shards = (uint)number },
        "--nodes" => this with { Nodes = number },
        "--clients" => this with { Clients = number },
        _ => this with { Repetitions = number },
    };
}
