namespace SealFs.Fuse;

/// <summary>A system call this library depends on failed.</summary>
public sealed class FuseException(string operation, int errno)
    : IOException($"{operation} failed: {System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(errno)}")
{
    /// <summary>The positive errno.</summary>
    public int Errno { get; } = errno;
}
