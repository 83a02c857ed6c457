using Grpc.Core;
using Microsoft.Extensions.Logging;
using SealFs.CsiDriver.Protocol;

namespace SealFs.CsiDriver.Registration;

/// <summary>Tells the kubelet what is behind the registration socket, and hears whether it could use it.</summary>
internal sealed partial class RegistrationService(CsiDriverOptions options, RegistrationOutcome outcome, ILogger<RegistrationService> logger)
    : Protocol.Registration.RegistrationBase
{
    public override Task<PluginInfo> GetInfo(InfoRequest request, ServerCallContext context) => Task.FromResult(new PluginInfo
    {
        Type = "CSIPlugin",
        Name = options.DriverName,
        Endpoint = options.KubeletSocketPath.Length > 0 ? options.KubeletSocketPath : options.SocketPath,
        SupportedVersions = { "1.0.0" },
    });

    public override Task<RegistrationStatusResponse> NotifyRegistrationStatus(RegistrationStatus request, ServerCallContext context)
    {
        if (request.PluginRegistered)
            LogRegistered();
        else
            LogRefused(request.Error);
        outcome.Report(request.PluginRegistered);
        return Task.FromResult(new RegistrationStatusResponse());
    }

    [LoggerMessage(9301, LogLevel.Information, "The kubelet has registered the plugin")]
    private partial void LogRegistered();

    [LoggerMessage(9302, LogLevel.Error, "The kubelet did not register the plugin: {Reason}")]
    private partial void LogRefused(string reason);
}
