using SealFs.Operator.Reconciling;

namespace SealFs.Operator.Tests.Clusters;

public sealed class SizeTextTests
{
    private const decimal GiB = 1L << 30;

    [Theory]
    [InlineData("591Gi", 591, 756, "591Gi")]
    [InlineData("591Gi", 598, 756, "591Gi")]
    [InlineData("591Gi", 600, 756, "600Gi")]
    [InlineData("591Gi", 580, 756, "580Gi")]

    // A hundredth of the capacity, but a lot for what is used.
    [InlineData("0", 5, 756, "5Gi")]
    [InlineData("5Gi", 6, 756, "6Gi")]
    [InlineData(null, 3, 756, "3Gi")]
    [InlineData("nonsense", 3, 756, "3Gi")]
    public void What_was_said_stays_as_long_as_it_is_nearly_true(string? before, int used, int capacity, string expected) =>
        Assert.Equal(expected, SizeText.Steady(before, used * GiB, capacity * GiB));
}
