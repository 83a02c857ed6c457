using Microsoft.Extensions.Logging;
using SealFs.Core.Control.V1;

namespace SealFs.Manager;

internal sealed partial class ControlPlane
{
    [LoggerMessage(8301, LogLevel.Information, "Move {Move}: node {Target} copies shard {Shard} from node {Source} ({Reason}).")]
    private partial void LogBegun(ulong move, uint shard, uint source, uint target, MoveReason reason);

    [LoggerMessage(8302, LogLevel.Information, "Move {Move}: node {Target} may take shard {Shard} over from node {Source}.")]
    private partial void LogSwitching(ulong move, uint shard, uint source, uint target);

    [LoggerMessage(8303, LogLevel.Information,
        "Move {Move}: shard {Shard} has gone from node {Source} to node {Target}, epoch {Epoch}, effect {Effect}; {Bytes} bytes copied, {PauseMs} ms without service.")]
    private partial void LogSwitched(ulong move, uint shard, uint source, uint target, uint epoch, ulong effect, ulong bytes, ulong pauseMs);

    [LoggerMessage(8304, LogLevel.Information, "Move {Move} is done: the old copy is gone.")]
    private partial void LogFinished(ulong move);

    [LoggerMessage(8305, LogLevel.Warning, "Move {Move}: shard {Shard} stays with node {Source}, in a new epoch; node {Target} did not come to take it over.")]
    private partial void LogWentBack(ulong move, uint shard, uint source, uint target);

    [LoggerMessage(8306, LogLevel.Warning, "Move {Move} of shard {Shard} from node {Source} to node {Target} is given up: {Why}.")]
    private partial void LogGivenUp(ulong move, uint shard, uint source, uint target, string why);

    [LoggerMessage(8307, LogLevel.Information, "Move {Move} of shard {Shard} from node {Source} to node {Target} was cancelled.")]
    private partial void LogCancelled(ulong move, uint shard, uint source, uint target);

    [LoggerMessage(8308, LogLevel.Information, "Planned {Steps} moves; {Blocked} shards cannot be moved now. First reason: {Reason}")]
    private partial void LogPlanned(int steps, int blocked, string reason);

    [LoggerMessage(8309, LogLevel.Information, "The shards are placed for the nodes that there are.")]
    private partial void LogSettled();

    [LoggerMessage(8310, LogLevel.Error, "Moves could not be planned; trying again.")]
    private partial void LogPlanningFailed(Exception error);

    [LoggerMessage(8311, LogLevel.Information, "Node {Node} '{Name}' is being drained: {Shards} shards.")]
    private partial void LogDraining(uint node, string name, uint shards);

    [LoggerMessage(8312, LogLevel.Information, "The draining of node {Node} '{Name}' was called off.")]
    private partial void LogDrainCancelled(uint node, string name);

    [LoggerMessage(8313, LogLevel.Information, "Node {Node} '{Name}' is empty.")]
    private partial void LogDrained(uint node, string name);

    [LoggerMessage(8314, LogLevel.Warning, "Node {Node} '{Name}' was removed from the cluster. Shards whose contents were lost with it: {Lost}.")]
    private partial void LogRemoved(uint node, string name, int lost);

    [LoggerMessage(8315, LogLevel.Information, "Node {Node} '{Name}' is in maintenance until {UntilUnixMs} (0: it has ended).")]
    private partial void LogMaintenance(uint node, string name, long untilUnixMs);

    [LoggerMessage(8316, LogLevel.Information, "Balance: {Mode}, {Moves} moves at a time, {MovesPerNode} a node, {BytesPerSecond} bytes a second (0 = no limit).")]
    private partial void LogBalanceSet(BalanceMode mode, uint moves, uint movesPerNode, ulong bytesPerSecond);

    [LoggerMessage(8317, LogLevel.Information, "Balancing by {By}: {Steps} moves, unevenness {Before} to {After}.")]
    private partial void LogBalancing(BalanceBy by, int steps, double before, double after);
}
