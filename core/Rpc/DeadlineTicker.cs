namespace SealFs.Core.Rpc;

/// <summary>
/// One thread of the process that lets connections with calls look at their deadlines every <see cref="RpcLimits.DeadlineTick"/>, and rests while
/// there are none. Not a thread-pool timer: after each tick the pool's worker would spin for more work, on a processor that the requests need.
/// </summary>
internal static class DeadlineTicker
{
    private static readonly Lock s_gate = new();
    private static readonly AutoResetEvent s_wake = new(false);
    private static RpcConnection[] s_armed = [];
    private static bool s_started;

    public static void Arm(RpcConnection connection)
    {
        lock (s_gate)
        {
            s_armed = [.. s_armed, connection];
            if (s_armed.Length == 1)
                s_wake.Set();
            if (s_started)
                return;
            s_started = true;
            new Thread(Run) { IsBackground = true, Name = "rpc-deadlines" }.Start();
        }
    }

    public static void Disarm(RpcConnection connection)
    {
        lock (s_gate)
            s_armed = [.. s_armed.Where(armed => armed != connection)];
    }

    private static void Run()
    {
        while (true)
        {
            var armed = Volatile.Read(ref s_armed);
            if (armed.Length == 0)
            {
                s_wake.WaitOne();
                continue;
            }

            Thread.Sleep(RpcLimits.DeadlineTick);
            foreach (var connection in armed)
                connection.Tick();
        }
    }
}
