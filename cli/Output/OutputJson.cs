using System.Text.Json.Serialization;
using SealFs.Cli.Benchmarks;
using SealFs.Cli.Certificates;
using SealFs.Cli.Checks;
using SealFs.Cli.Cluster;
using SealFs.Cli.Mounts;
using SealFs.Cli.Up;
using SealFs.Cli.Volumes;

namespace SealFs.Cli.Output;

/// <summary>The JSON form of every result: names in camelCase, sizes in bytes, times in ISO 8601. Generated code, so that a command starts quickly.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(BenchReport))]
[JsonSerializable(typeof(VolumeView))]
[JsonSerializable(typeof(VolumeView[]))]
[JsonSerializable(typeof(VolumeDetails))]
[JsonSerializable(typeof(VolumeDeleted))]
[JsonSerializable(typeof(StatusView))]
[JsonSerializable(typeof(NodeView[]))]
[JsonSerializable(typeof(MapView))]
[JsonSerializable(typeof(MovesView))]
[JsonSerializable(typeof(MoveStarted))]
[JsonSerializable(typeof(DrainView))]
[JsonSerializable(typeof(NodeChanged))]
[JsonSerializable(typeof(NodeRemoved))]
[JsonSerializable(typeof(MaintenanceView))]
[JsonSerializable(typeof(RebalanceView))]
[JsonSerializable(typeof(BalanceView))]
[JsonSerializable(typeof(SafetyView))]
[JsonSerializable(typeof(FsckView))]
[JsonSerializable(typeof(CertificatesView))]
[JsonSerializable(typeof(UpState))]
[JsonSerializable(typeof(RegisteredMount))]
internal sealed partial class OutputJson : JsonSerializerContext;
