using SealFs.Cli.Settings;

namespace SealFs.Cli.Up;

/// <summary>What <c>up</c> says when it is done: where the volume is, and three lines to try.</summary>
internal static class UpMessage
{
    public static string Of(UpState state)
    {
        var program = Environment.GetEnvironmentVariable("SEALFS_PROGRAM") is { Length: > 0 } script ? script : "sealfs";
        var manager = state.Manager == GlobalSettings.DefaultManager ? "" : $" --manager {state.Manager}";
        return $"""
            SealFS is mounted on {state.Directory} ({state.Nodes} storage node{(state.Nodes == 1 ? "" : "s")}, data in {state.DataRoot}). Try:
              cp -r /usr/include {state.Directory} && grep -rl errno {state.Directory}/include | wc -l
              {program} cluster nodes{manager}
              {program} down {state.Directory}     # stops it all; the next 'up' finds the files again

            """;
    }
}
