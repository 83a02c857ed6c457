using System.ComponentModel;
using System.Diagnostics;

namespace SealFs.Operator.Tests.Chart;

/// <summary>The real helm, where it is installed.</summary>
internal static class Helm
{
    public static string ChartFolder => RepositoryFiles.Path("charts/sealfs");

    public static async Task<string> RunAsync(params string[] arguments)
    {
        var (code, output, errors) = await TryAsync(arguments);
        Assert.True(code == 0, $"helm {string.Join(' ', arguments)}: {errors}");
        return output;
    }

    public static Task<string> TemplateAsync(params string[] arguments) => RunAsync(["template", "sealfs", ChartFolder, "--namespace", "sealfs-system", .. arguments]);

    public static async Task<(int Code, string Output, string Errors)> TryAsync(params string[] arguments)
    {
        var home = Directory.CreateTempSubdirectory("sealfs-helm-").FullName;
        var start = new ProcessStartInfo("helm", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HOME"] = home;
        start.Environment["KUBECONFIG"] = Path.Combine(home, "none");
        try
        {
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return (process.ExitCode, output, await errors);
        }
        catch (Win32Exception)
        {
            Assert.Skip("helm is not installed");
            throw;
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }
}
