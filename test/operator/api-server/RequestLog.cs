namespace SealFs.Testing.Kubernetes;

/// <summary>Every request since the start, for tests that count.</summary>
public sealed class RequestLog
{
    private readonly Lock _gate = new();
    private readonly List<ApiRequest> _requests = [];

    public IReadOnlyList<ApiRequest> All
    {
        get
        {
            lock (_gate)
                return [.. _requests];
        }
    }

    /// <summary>Writes other than renewals of leases, which are what keeping a leader costs.</summary>
    public IReadOnlyList<ApiRequest> Writes => [.. All.Where(request => request.IsWrite && request.Type.Plural != "leases")];

    public void Clear()
    {
        lock (_gate)
            _requests.Clear();
    }

    internal void Add(ApiRequest request)
    {
        lock (_gate)
            _requests.Add(request with { Body = request.IsWrite ? request.Body?.DeepClone() : null });
    }
}
