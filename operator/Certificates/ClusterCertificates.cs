using SealFs.Operator.Api;

namespace SealFs.Operator.Certificates;

/// <summary>What a cluster has after its certificates were looked after.</summary>
/// <param name="Bundle">The CAs that are trusted.</param>
/// <param name="Admin">The certificate with which the operator itself talks to the manager.</param>
/// <param name="Status">Until when.</param>
internal sealed record ClusterCertificates(string Bundle, Leaf Admin, CertificatesStatus Status);
