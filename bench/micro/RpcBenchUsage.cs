using SealFs.Core.Wire;

namespace SealFs.Bench;

/// <summary>
/// What a process has used so far.
/// <code>0 i64 processor time µs   8 i64 managed bytes allocated</code>
/// </summary>
internal readonly record struct RpcBenchUsage(long CpuMicroseconds, long AllocatedBytes) : IWireMessage<RpcBenchUsage>
{
    public int Size => 16;

    public static RpcBenchUsage Now => new((long)Environment.CpuUsage.TotalTime.TotalMicroseconds, GC.GetTotalAllocatedBytes(precise: true));

    public void Write(ref WireWriter writer)
    {
        writer.I64(CpuMicroseconds);
        writer.I64(AllocatedBytes);
    }

    public static bool TryRead(ref WireReader reader, out RpcBenchUsage message)
    {
        message = new RpcBenchUsage(reader.I64(), reader.I64());
        return reader.Complete;
    }
}
