using System.CommandLine;
using k8s;
using k8s.Exceptions;
using SealFs.Cli.Kubernetes;
using SealFs.Cli.Settings;
using SealFs.Operator;
using SealFs.Operator.Administration;
using SealFs.Operator.Certificates;

namespace SealFs.Cli.Servers;

/// <summary><c>sealfs operator</c>: looks after SealFsCluster resources until a signal ends it.</summary>
internal static class OperatorCommand
{
    private static readonly TimeSpan s_managerTimeout = TimeSpan.FromSeconds(5);
    private static readonly CertificateOptions s_certificates = new();

    private static readonly Setting<string?> Kubeconfig = Setting<string?>.Value(
        "--kubeconfig", "FILE", "How the API server is reached. In a pod, its service account is used when this is absent.", SettingParsers.Text, null,
        "the service account, else $KUBECONFIG or ~/.kube/config");

    private static readonly Setting<string> WatchNamespace = Setting<string>.Value(
        "--watch-namespace", "NAME", "Namespace whose clusters are looked after.", SettingParsers.Text, "", "all");

    private static readonly Setting<string> LeaseNamespace = Setting<string>.Value(
        "--lease-namespace", "NAME", "Namespace of the lease by which one of several operators leads.", SettingParsers.Text, "default", "default");

    private static readonly Setting<string> LeaseName = Setting<string>.Value(
        "--lease-name", "NAME", "Name of the lease.", SettingParsers.Text, "sealfs-operator", "sealfs-operator");

    private static readonly Setting<string?> Identity = Setting<string?>.Value(
        "--identity", "NAME", "Who this operator is, in leases and events; the name of its pod. Each one needs its own.", SettingParsers.Text, null, "host name");

    private static readonly Setting<int> Workers = Setting<int>.Value(
        "--workers", "N", "Clusters that are worked on at the same time.", SettingParsers.Integer(1, 64), 4, "4");

    private static readonly Setting<string> DriverNamespace = Setting<string>.Value(
        "--driver-namespace", "NAME", "Namespace of the CSI driver, where certificates are kept for it: two Secrets with those of all clusters.", SettingParsers.Text, "", "none are kept");

    private static readonly Setting<string> ClientSecret = Setting<string>.Value(
        "--driver-client-secret", "NAME", "The Secret for 'sealfs mountd --tls-clusters-dir'.", SettingParsers.Text, s_certificates.ClientSecret, s_certificates.ClientSecret);

    private static readonly Setting<string> AdminSecret = Setting<string>.Value(
        "--driver-admin-secret", "NAME", "The Secret for 'sealfs csi --mode controller --tls-clusters-dir'.", SettingParsers.Text, s_certificates.AdminSecret, s_certificates.AdminSecret);

    private static readonly Setting<TimeSpan> Propagation = Setting<TimeSpan>.Value(
        "--certificate-propagation", "TIME",
        "How long each step of the change to another CA takes: longer than the kubelets need to bring a changed Secret to all pods, which is a minute or two.",
        SettingParsers.Duration, s_certificates.Propagation, "10m");

    public static Command Build() => new DocumentedCommand(
            "operator", "Run the Kubernetes operator. It creates and changes what SealFsCluster resources ask for.",
            "sealfs operator --lease-namespace sealfs-system",
            "sealfs operator --kubeconfig ~/.kube/config --watch-namespace storage   # from outside")
        .With(Kubeconfig, WatchNamespace, LeaseNamespace, LeaseName, Identity, Workers, DriverNamespace, ClientSecret, AdminSecret, Propagation, ReadyPort.Setting)
        .Does(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        using var client = Connect(invocation);
        using var administrations = new ManagerAdministrations(s_managerTimeout);
        var options = new OperatorOptions
        {
            WatchNamespace = invocation.Get(WatchNamespace),
            LeaseNamespace = invocation.Get(LeaseNamespace),
            LeaseName = invocation.Get(LeaseName),
            Identity = invocation.Get(Identity) ?? Environment.MachineName,
            Workers = invocation.Get(Workers),
            Certificates = s_certificates with
            {
                DriverNamespace = invocation.Get(DriverNamespace),
                ClientSecret = invocation.Get(ClientSecret),
                AdminSecret = invocation.Get(AdminSecret),
                Propagation = invocation.Get(Propagation),
            },
        };
        using var port = new ReadyPort(invocation.Get(ReadyPort.Setting));
        port.Set(true);
        await new OperatorHost(client, administrations, options, TimeProvider.System, invocation.Loggers).RunAsync(invocation.Stop);
        return ExitCode.Ok;
    }

    private static k8s.Kubernetes Connect(Invocation invocation)
    {
        try
        {
            var file = invocation.Get(Kubeconfig);
            if (file is not null)
                return new k8s.Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigFile(file));
            return new k8s.Kubernetes(KubernetesClientConfiguration.BuildDefaultConfig());
        }
        catch (Exception exception) when (exception is KubeConfigException or IOException or UnauthorizedAccessException or YamlDotNet.Core.YamlException)
        {
            throw new CommandFailure(ExitCode.Usage, $"There is no way to the API server: {exception.Message}", exception);
        }
    }
}
