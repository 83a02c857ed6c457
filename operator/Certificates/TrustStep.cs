namespace SealFs.Operator.Certificates;

/// <summary>
/// How far a cluster is on its way from one CA to the next. Each step stays until everybody has what it says, and for a propagation time after that: then the next one follows. It stands whole in the
/// Secret of the CA (<see cref="AuthoritySecret"/>).
/// <code>
/// Settled     one CA is trusted, and issues
/// Announced   its successor is trusted too, and does not issue yet: nobody may see a certificate of it who does not know it
/// Replaced    the successor issues; its predecessor is trusted, since its certificates are still in use
/// </code>
/// </summary>
/// <param name="SpreadSince">Since when every Secret is as this step says; null as long as that has not been seen.</param>
internal abstract record TrustStep(DateTimeOffset? SpreadSince)
{
    /// <summary>The CAs that are trusted, as PEM.</summary>
    public abstract string Bundle { get; }

    /// <summary>Who issues what is needed now.</summary>
    public abstract Authority Issuing { get; }

    /// <summary>For the status; null when nothing is under way.</summary>
    public virtual string? Name => GetType().Name;

    /// <summary>True for certificates that are as they should be in this step.</summary>
    public virtual bool Accepts(Leaf leaf) => Issuing.HasIssued(leaf);

    /// <summary>The step that follows, or this one when it is not time yet. Called when every Secret is as this step says.</summary>
    public TrustStep Advance(DateTimeOffset now, TimeSpan propagation) =>
        SpreadSince is not { } since ? Spread(now) : now - since >= propagation ? Next() : this;

    protected abstract TrustStep Spread(DateTimeOffset now);

    protected abstract TrustStep Next();

    protected static string Join(IEnumerable<string> certificates) => string.Concat(certificates.Distinct());
}

/// <summary>Nothing is under way.</summary>
internal sealed record Settled(Authority Issuer) : TrustStep((DateTimeOffset?)null)
{
    public override string Bundle => Issuer.Certificate;

    public override Authority Issuing => Issuer;

    public override string? Name => null;

    public Announced Announce(Authority next) => new(Issuer, [], next, null);

    protected override TrustStep Spread(DateTimeOffset now) => this;

    protected override TrustStep Next() => this;
}

/// <summary>A new CA is made known.</summary>
/// <param name="Issuer">Who issues meanwhile; null when its key is lost, and only what it has issued before is there.</param>
/// <param name="Trusted">CAs that are trusted beside these two.</param>
/// <param name="Successor">The new one.</param>
/// <param name="SpreadSince">As in <see cref="TrustStep"/>.</param>
internal sealed record Announced(Authority? Issuer, IReadOnlyList<string> Trusted, Authority Successor, DateTimeOffset? SpreadSince) : TrustStep(SpreadSince)
{
    public override string Bundle => Join([.. Former, Successor.Certificate]);

    public override Authority Issuing => Issuer ?? Successor;

    public override bool Accepts(Leaf leaf) => Issuer?.HasIssued(leaf) ?? (Trusted.Any(one => Authority.HasIssued(one, leaf)) || Successor.HasIssued(leaf));

    protected override TrustStep Spread(DateTimeOffset now) => this with { SpreadSince = now };

    protected override TrustStep Next() => new Replaced(Successor, Former, null);

    private List<string> Former => Issuer is null ? [.. Trusted] : [Issuer.Certificate, .. Trusted];
}

/// <summary>The new CA issues.</summary>
/// <param name="Issuer">The new one.</param>
/// <param name="Former">Those before it.</param>
/// <param name="SpreadSince">As in <see cref="TrustStep"/>.</param>
internal sealed record Replaced(Authority Issuer, IReadOnlyList<string> Former, DateTimeOffset? SpreadSince) : TrustStep(SpreadSince)
{
    public override string Bundle => Join([Issuer.Certificate, .. Former]);

    public override Authority Issuing => Issuer;

    protected override TrustStep Spread(DateTimeOffset now) => this with { SpreadSince = now };

    protected override TrustStep Next() => new Settled(Issuer);
}
