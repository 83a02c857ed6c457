using System.Runtime.CompilerServices;

namespace SealFs.Client.Routing;

/// <summary>
/// Return type of an asynchronous method that nobody awaits: it ends by replying to the kernel. Its state machine lives in a pooled box, so that nothing is
/// allocated in steady state, whatever thread it ends on. An exception is a bug: it ends the process, and the keeper starts a successor.
/// </summary>
[AsyncMethodBuilder(typeof(DetachedMethodBuilder))]
internal readonly struct Detached;
