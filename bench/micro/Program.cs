using SealFs.Bench;

// Each subcommand prints its own usage when its arguments make no sense.
return args.FirstOrDefault() switch
{
    "rpc" => await RpcBench.RunAsync(args[1..]),
    "node" => NodeBench.Run(args[1..]),
    "size" => SizeBench.Run(args[1..]),
    "load" => await FileLoad.RunAsync(args[1..]),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: SealFs.Bench rpc [seconds] | node [files] | size [files] | load MANAGER VOLUME FILES [LOOKUPS]");
    return 2;
}
