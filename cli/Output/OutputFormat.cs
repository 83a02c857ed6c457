namespace SealFs.Cli.Output;

/// <summary>How a command prints its result.</summary>
internal enum OutputFormat
{
    Human,
    Json,
}
