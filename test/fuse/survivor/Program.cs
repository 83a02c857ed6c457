using SealFs.Fuse;
using SealFs.Fuse.Survivor;

// survivor load DIR
// survivor serve BACKING DESCRIPTOR,DESCRIPTOR… NEGOTIATED-IN-BASE64 first|successor MEMORY-DESCRIPTOR|-1
// The second is a daemon that serves descriptors which its parent made and keeps, so that it may be killed at any moment; the first is what suffers if that is wrong.
if (args[0] == "load") return Load.Run(args[1]);

using var session = new FuseSession(new SurvivingFileSystem(args[1]), new FuseSessionOptions
{
    Descriptors = args[2].Split(',').Select(int.Parse).ToArray(),
    Negotiated = FuseNegotiated.FromBytes(Convert.FromBase64String(args[3])),
    IsSuccessor = args[4] == "successor",
    RequestMemory = int.Parse(args[5]) is >= 0 and var memory ? new FuseRequestMemory(memory, 0) : null,
});
session.Start();
return await session.Ended == FuseExitReason.Unmounted ? 0 : 1;
