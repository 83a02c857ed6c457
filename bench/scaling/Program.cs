using SealFs.Scaling;

// bench/scaling.sh starts this. "clients" and "nodes" are the processes that the last two parts start.
switch (args.FirstOrDefault())
{
    case "clients":
        await ClientProcess.RunAsync(args[1], int.Parse(args[2]), args[3]);
        return 0;
    case "nodes":
        await NodeProcess.RunAsync(args[1], int.Parse(args[2]));
        return 0;
}
var options = BenchOptions.Parse(args);
if (options is null)
{
    Console.Error.WriteLine("usage: SealFs.Scaling [--parts plan,map,control] [--shards N] [--nodes N] [--clients N] [--reps N] [--quick]");
    return 2;
}
if (options.Has("plan"))
    PlanningBench.Run(options);
if (options.Has("map"))
    MapBench.Run(options);
if (options.Has("control"))
    await ControlBench.RunAsync(options);
return 0;
