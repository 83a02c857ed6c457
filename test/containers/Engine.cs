using System.Diagnostics;
using Docker.DotNet;
using Docker.DotNet.Models;
using DotNet.Testcontainers.Configurations;

namespace SealFs.Containers.Tests;

/// <summary>
/// The Docker engine that DOCKER_HOST names, or else the one of the machine. The images come from this checkout and the distribution's packages (test/kube/image.sh); nothing is pulled.
/// </summary>
internal static class Engine
{
    public const string Image = "sealfs:e2e";

    /// <summary>The same under another digest: something to upgrade to.</summary>
    public const string NextImage = "sealfs:e2e-next";

    /// <summary>A shell and what looks at files.</summary>
    public const string ToolsImage = "sealfs-tools:e2e";

    private static readonly Lazy<Task<string?>> s_obstacle = new(PrepareAsync);

    public static DockerClient Client { get; } =
        new DockerClientBuilder().WithEndpoint(new Uri(Environment.GetEnvironmentVariable("DOCKER_HOST") ?? "unix:///var/run/docker.sock")).Build();

    /// <summary>Why there can be no containers here; null when there can.</summary>
    public static Task<string?> ObstacleAsync() => s_obstacle.Value;

    private static async Task<string?> PrepareAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            // Testcontainers would ask for a version of the API that older engines do not have, and find no engine. It reads this once, at its first use.
            Environment.SetEnvironmentVariable("DOCKER_API_VERSION", (await Client.System.GetVersionAsync(limit.Token)).APIVersion);
        }
        catch (Exception problem) when (problem is not OutOfMemoryException)
        {
            return $"no Docker engine answers (DOCKER_HOST, or the one of the machine): {problem.Message}";
        }

        // The reaper is an image of a registry; everything is removed by whoever made it.
        TestcontainersSettings.ResourceReaperEnabled = false;
        if (!Environment.IsPrivilegedProcess)
            return "needs root, for mounts that containers share";
        var (archives, complaint) = await MakeImagesAsync();
        if (complaint is not null)
            return complaint;
        foreach (var archive in archives)
        {
            await using var content = File.OpenRead(archive);
            await Client.Images.LoadImageAsync(new ImageLoadParameters { Quiet = true }, content, new Progress<JSONMessage>());
        }
        return null;
    }

    private static async Task<(string[] Archives, string? Complaint)> MakeImagesAsync()
    {
        if (!File.Exists("/usr/bin/mmdebstrap"))
            return ([], "mmdebstrap is not installed, which makes the images");
        var start = new ProcessStartInfo("bash", [Path.Combine(Checkout(), "test", "kube", "image.sh")]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var making = Process.Start(start)!;
        var errors = making.StandardError.ReadToEndAsync();
        var output = await making.StandardOutput.ReadToEndAsync();
        await making.WaitForExitAsync();
        return making.ExitCode == 0
            ? (output.Trim().Split('\n')[^1].Split(' '), null)
            : ([], $"test/kube/image.sh cannot make the images here: {(await errors).Trim().Split('\n')[^1]}");
    }

    private static string Checkout()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "SealFs.sln")))
            directory = directory.Parent ?? throw new InvalidOperationException("the tests do not lie in a checkout");
        return directory.FullName;
    }
}
