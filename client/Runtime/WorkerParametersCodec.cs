using System.Text;
using SealFs.Core.Control;
using SealFs.Fuse;

namespace SealFs.Client.Runtime;

/// <summary>
/// The form in which a keeper hands <see cref="WorkerParameters"/> to a worker of the same build: fields one after the other, behind a version byte.
/// Plain binary rather than JSON, because a serialiser's start-up would lengthen the pause that a replaced worker makes.
/// </summary>
public static class WorkerParametersCodec
{
    private const byte FormatVersion = 3;

    public static byte[] ToBytes(WorkerParameters parameters)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(FormatVersion);
        Write(writer, parameters.Options);
        WriteBytes(writer, parameters.Session.ToBytes());
        writer.Write(parameters.Generation);
        writer.Write(parameters.FuseDescriptors.Count);
        foreach (var descriptor in parameters.FuseDescriptors)
            writer.Write(descriptor);
        WriteBytes(writer, parameters.Negotiated.ToBytes());
        writer.Write(parameters.ResendFirst);
        writer.Write(parameters.ArenaDescriptor);
        writer.Write(parameters.ArenaBytes);
        writer.Write(parameters.LifelineDescriptor);
        writer.Flush();
        return stream.ToArray();
    }

    /// <exception cref="InvalidDataException">The bytes are of another build.</exception>
    public static WorkerParameters FromBytes(byte[] bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes, writable: false), Encoding.UTF8);
        if (reader.ReadByte() != FormatVersion)
            throw new InvalidDataException("The parameters come from another version of the keeper.");
        return new WorkerParameters
        {
            Options = ReadOptions(reader),
            Session = ClientSession.FromBytes(ReadBytes(reader)) ?? throw new InvalidDataException("The session is damaged."),
            Generation = reader.ReadUInt16(),
            FuseDescriptors = ReadList(reader, static r => r.ReadInt32()),
            Negotiated = FuseNegotiated.FromBytes(ReadBytes(reader)),
            ResendFirst = reader.ReadBoolean(),
            ArenaDescriptor = reader.ReadInt32(),
            ArenaBytes = reader.ReadInt64(),
            LifelineDescriptor = reader.ReadInt32(),
        };
    }

    private static void Write(BinaryWriter writer, MountOptions options)
    {
        writer.Write(options.Volume);
        writer.Write(options.Directory);
        writer.Write(options.Managers.Count);
        foreach (var manager in options.Managers)
            writer.Write(manager);
        writer.Write(options.TlsDirectory);
        writer.Write(options.TlsClustersDirectory);
        writer.Write(options.ReadOnly);
        writer.Write(options.AllowOther);
        writer.Write(options.EntryTimeoutMs);
        writer.Write(options.AttributeTimeoutMs);
        writer.Write(options.OperationTimeoutMs);
        writer.Write(options.WriteBufferBytes);
        writer.Write(options.ReadBufferBytes);
        writer.Write((int)options.Cache);
        writer.Write(options.ListAttributes);
        writer.Write(options.WorkerThreads);
        writer.Write(options.WatchdogMs);
        writer.Write(options.ClientName);
        writer.Write(options.LogLevel);
        writer.Write(options.Group is { } group ? group : -1L);
    }

    private static MountOptions ReadOptions(BinaryReader reader) => new()
    {
        Volume = reader.ReadString(),
        Directory = reader.ReadString(),
        Managers = ReadList(reader, static r => r.ReadString()),
        TlsDirectory = reader.ReadString(),
        TlsClustersDirectory = reader.ReadString(),
        ReadOnly = reader.ReadBoolean(),
        AllowOther = reader.ReadBoolean(),
        EntryTimeoutMs = reader.ReadInt32(),
        AttributeTimeoutMs = reader.ReadInt32(),
        OperationTimeoutMs = reader.ReadInt32(),
        WriteBufferBytes = reader.ReadInt64(),
        ReadBufferBytes = reader.ReadInt64(),
        Cache = (CacheMode)reader.ReadInt32(),
        ListAttributes = reader.ReadBoolean(),
        WorkerThreads = reader.ReadInt32(),
        WatchdogMs = reader.ReadInt32(),
        ClientName = reader.ReadString(),
        LogLevel = reader.ReadString(),
        Group = reader.ReadInt64() is >= 0 and var group ? (uint)group : null,
    };

    private static void WriteBytes(BinaryWriter writer, byte[] bytes)
    {
        writer.Write(bytes.Length);
        writer.Write(bytes);
    }

    private static byte[] ReadBytes(BinaryReader reader) => reader.ReadBytes(reader.ReadInt32());

    private static T[] ReadList<T>(BinaryReader reader, Func<BinaryReader, T> read)
    {
        var items = new T[reader.ReadInt32()];
        for (var i = 0; i < items.Length; i++)
            items[i] = read(reader);
        return items;
    }
}
