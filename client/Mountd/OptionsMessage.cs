using SealFs.Client.Mountd.V1;

namespace SealFs.Client.Mountd;

/// <summary><see cref="MountOptions"/> ↔ the message.</summary>
internal static class OptionsMessage
{
    public static Options Of(MountOptions options)
    {
        var message = new Options
        {
            Volume = options.Volume,
            Directory = options.Directory,
            ReadOnly = options.ReadOnly,
            Private = !options.AllowOther,
            EntryTimeoutMs = options.EntryTimeoutMs,
            AttributeTimeoutMs = options.AttributeTimeoutMs,
            OperationTimeoutMs = options.OperationTimeoutMs,
            WriteBufferBytes = options.WriteBufferBytes,
            ReadBufferBytes = options.ReadBufferBytes,
            Cache = (int)options.Cache,
            ListAttributes = options.ListAttributes,
            WorkerThreads = options.WorkerThreads,
            WatchdogMs = options.WatchdogMs,
            ClientName = options.ClientName,
            LogLevel = options.LogLevel,
        };
        message.Managers.AddRange(options.Managers);
        if (options.Group is { } group)
            message.Group = group;
        return message;
    }

    /// <exception cref="InvalidDataException">No mount can be made with them.</exception>
    public static MountOptions ToOptions(Options message)
    {
        if (message.Volume.Length == 0 || !Path.IsPathRooted(message.Directory) || message.Managers.Count == 0)
            throw new InvalidDataException("A mount needs a volume, an absolute directory and a manager.");
        if (!Enum.IsDefined((CacheMode)message.Cache))
            throw new InvalidDataException($"There is no cache mode {message.Cache}.");
        if (message.WriteBufferBytes < 0 || message.ReadBufferBytes < 0 || message.WorkerThreads is < 0 or > MountdLimits.MaxDescriptors - 1 || message.WatchdogMs < 0)
            throw new InvalidDataException("A size of the mount is out of bounds.");
        return new MountOptions
        {
            Volume = message.Volume,
            Directory = message.Directory,
            Managers = [.. message.Managers],
            ReadOnly = message.ReadOnly,
            AllowOther = !message.Private,
            EntryTimeoutMs = message.EntryTimeoutMs,
            AttributeTimeoutMs = message.AttributeTimeoutMs,
            OperationTimeoutMs = message.OperationTimeoutMs,
            WriteBufferBytes = message.WriteBufferBytes,
            ReadBufferBytes = message.ReadBufferBytes,
            Cache = (CacheMode)message.Cache,
            ListAttributes = message.ListAttributes,
            WorkerThreads = message.WorkerThreads,
            WatchdogMs = message.WatchdogMs,
            ClientName = message.ClientName,
            LogLevel = message.LogLevel,
            Group = message.HasGroup ? message.Group : null,
        };
    }
}
