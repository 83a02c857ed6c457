namespace SealFs.Manager.Quota;

/// <summary>What a node may use of one quota.</summary>
/// <param name="Ceiling">Its usage may grow up to here.</param>
/// <param name="MoreExpected">Others hold allowance that is being taken back: asking again soon will help.</param>
internal readonly record struct QuotaAnswer(ulong Ceiling, bool MoreExpected);
