using SealFs.Core;

namespace SealFs.StorageNode.Replication;

/// <summary>A copy does not get on; the message is for people. It is tried again.</summary>
internal sealed class CopyFailedException(string message, Errno status = Errno.EIO) : Exception(message)
{
    public Errno Status => status;
}
