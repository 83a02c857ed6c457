#!/usr/bin/env bash
# simulate.sh: runs simulated clusters (docs/testing.md, "The simulator"), or one of them again.
#
#   test/simulate.sh --seed N [--seeds COUNT] [--trace] [--lost-names] [--no-leftovers] [--syncs-nothing] [--planted BUG] [--write-behind] [--mistake MISTAKE]
#
#   --seed N       the first seed
#   --seeds COUNT  how many, one after the other; only those that fail are told
#   --trace        prints everything that happens, with what the processes log
#   --lost-names   machines lose power, and what was not synced with it (otherwise every fifth seed)
#   --no-leftovers servers read nothing any more of what was sent on connections that broke
#   --syncs-nothing, --planted BUG   mistakes that are put in, to see that they are found (BUG: SwitchBeforeCaughtUp, AnswerAfterHandOver, ForgetAnswers, AddDespiteLease,
#                  PrepareUnsynced, AcknowledgeUnsynced, TellUnsynced, SyncWithoutNames)
#   --write-behind mounts write to files and sync them, machines lose power, disks fail, workers die, sessions end
#   --mistake      with --write-behind: a defect that was mended is put back (SyncTouchedOnly, IgnoreVerifiers, ForgetUnsynced, ForgetFailedSync, TellFirst, IgnoreSyncFlag, SyncNothing)
#
# Exit code 1 when a run failed.
set -u -o pipefail
cd "$(dirname "$0")/.." || exit 2
case ${1:-} in --seed) ;; *) sed -n '2,/^set/p' "$0" | grep '^#' | cut -c3-; exit 64 ;; esac
dotnet build test/simulator -c Release -v q --nologo -clp:ErrorsOnly </dev/null >&2 || exit 2
exec test/simulator/bin/Release/net10.0/SealFs.Simulator.Tests "$@"
