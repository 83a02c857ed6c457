using System.Runtime.CompilerServices;
using SealFs.Core;

namespace SealFs.Client.Buffering;

/// <content>Which open handle was told of which failure. Call with the file's gate held.</content>
internal sealed unsafe partial class SharedArena
{
    private readonly Lock _cursorGate = new();

    /// <summary>A number for an open handle; no other of this mount has it.</summary>
    public ulong NextHandle() => Interlocked.Increment(ref *(ulong*)(_memory + ArenaLayout.HandleOffset));

    /// <summary>write(2) tells each failure once for each handle, so that an application learns early. fsync(2) and close(2) tell it all the same.</summary>
    public Errno TellWrite(FileState file, FileHandle handle)
    {
        if (file.Errors.Sequence == handle.ErrorSequence)
            return Errno.None;
        lock (_cursorGate)
        {
            ref var cursor = ref CursorOf(handle, out var isNoted);
            if (isNoted && cursor.ToldByWrite == file.Errors.Sequence)
                return Errno.None;
            Note(ref cursor, handle, file.Errors.Sequence, isNoted ? cursor.ToldBySync : handle.ErrorSequence);
        }
        return Tell(file);
    }

    /// <summary>fsync(2) tells each failure once for each handle.</summary>
    public Errno TellSync(FileState file, FileHandle handle)
    {
        if (file.Errors.Sequence == handle.ErrorSequence)
            return Errno.None;
        lock (_cursorGate)
        {
            ref var cursor = ref CursorOf(handle, out var isNoted);
            if (isNoted && cursor.ToldBySync == file.Errors.Sequence)
                return Errno.None;
            Note(ref cursor, handle, file.Errors.Sequence, file.Errors.Sequence);
        }
        return Tell(file);
    }

    /// <summary>
    /// close(2) tells what fsync(2) has not told yet, and counts for nothing: the one that closes may be a child process that was forked with the handle, which its parent still has.
    /// </summary>
    public Errno TellFlush(FileState file, FileHandle handle)
    {
        if (file.Errors.Sequence == handle.ErrorSequence)
            return Errno.None;
        lock (_cursorGate)
        {
            ref var cursor = ref CursorOf(handle, out var isNoted);
            if (isNoted && cursor.ToldBySync == file.Errors.Sequence)
                return Errno.None;
        }
        return Tell(file);
    }

    /// <summary>The handle was released.</summary>
    public void ForgetHandle(FileState file, FileHandle handle)
    {
        if (file.Errors.Sequence == handle.ErrorSequence)
            return;
        lock (_cursorGate)
        {
            ref var cursor = ref CursorOf(handle, out var isNoted);
            if (isNoted)
                Volatile.Write(ref cursor.Handle, 0);
        }
    }

    private Errno Tell(FileState file)
    {
        SetErrors(file, file.Errors.Seen());
        return file.Errors.Last;
    }

    /// <summary>Notes the failures of a file where a successor finds them.</summary>
    public void SetErrors(FileState file, ErrorState errors)
    {
        file.Errors = errors;
        if (file.Record >= 0)
            Volatile.Write(ref Record(file.Record).Errors, errors.Bits);
    }

    /// <summary>
    /// The cursor of a handle, or one that is free near its place, or none (a null reference) where all of these are in use: the handle is told again then, which is the better way to be wrong.
    /// </summary>
    private ref ErrorCursor CursorOf(FileHandle handle, out bool isNoted)
    {
        var cursors = (ErrorCursor*)(_memory + _layout.CursorsOffset);
        ErrorCursor* free = null;
        for (var i = 0UL; i < Limits.ErrorCursorsProbed; i++)
        {
            var cursor = cursors + ((handle.Number + i) & (Limits.ErrorCursors - 1));
            if (cursor->Handle == handle.Bits)
            {
                isNoted = true;
                return ref *cursor;
            }
            if (cursor->Handle == 0 && free is null)
                free = cursor;
        }
        isNoted = false;
        return ref Unsafe.AsRef<ErrorCursor>(free);
    }

    private static void Note(ref ErrorCursor cursor, FileHandle handle, uint toldByWrite, uint toldBySync)
    {
        if (Unsafe.IsNullRef(ref cursor))
            return;
        cursor.ToldByWrite = toldByWrite;
        cursor.ToldBySync = toldBySync;
        Volatile.Write(ref cursor.Handle, handle.Bits);
    }
}
