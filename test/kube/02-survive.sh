#!/usr/bin/env bash
# Every process between an application and the storage nodes is killed, and rolled to another version, while fio verifies and git clones on the volume. The applications
# must end with success; how long they had to wait is printed.
. "$(dirname "$0")/lib.sh"

kernel_at_least 5 13 || skip_all "mounts need Linux 5.13"
start_cluster && wait_until 120 is_ready 3 || { failed "the cluster starts"; finish; }
start_claim data && start_pod user data || { failed "the pod starts"; finish; }
node=$(k get pod user -o jsonpath='{.spec.nodeName}')

k exec -i user -- bash -c 'cat >/tmp/load.py' <"$HERE/load.py"
LOG=$(mktemp)
k exec user -- python3 /tmp/load.py /data >"$LOG" 2>&1 &
LOAD=$!

progress() { in_pod user cat /tmp/progress 2>/dev/null; }
rounds() { progress | awk -v what="$1" '{ for (i = 1; i < NF; i++) if ($i == what) print $(i + 1) }'; }
longest() { progress | sed 's/.*longest //'; }
rounds_above() { [ "$(rounds fio)" -gt "$1" ] && [ "$(rounds git)" -gt "$2" ]; }
load_runs() { kill -0 "$LOAD" 2>/dev/null; }

# under_load NAME COMMAND...: both loads get on before, and have begun and ended a round after the command
under_load() {
  local name=$1 fio git; shift
  load_runs || { failed "$name: the load has ended already"; return; }
  in_pod user touch /tmp/reset
  "$@" || { failed "$name: $*"; return; }
  fio=$(rounds fio) git=$(rounds git)
  if wait_until 240 rounds_above $((fio + 1)) $((git + 1)) && load_runs; then ok "$name"; note "$name: the longest wait of an application was $(longest) s"
  else failed "$name"; tail -5 "$LOG"; fi
}
restarted() { [ "$(restarts "$1")" -gt "$2" ] && ks wait --for=condition=Ready "pod/$1" --timeout=1s; }
kill_and_wait() { # APP PATTERN
  local pod before; pod=$(pod_of "$1" "$node"); before=$(restarts "$pod")
  kill_in "$pod" "$2" && { [ "${3:-}" = worker ] || wait_until 90 restarted "$pod" "$before"; }
}
roll() { # DAEMONSET
  local image; image=$(image_of "daemonset/$1")
  [ "$image" = "$IMAGE" ] && image=$NEXT_IMAGE || image=$IMAGE
  ks set image "daemonset/$1" "*=$image" >/dev/null && ks rollout status "daemonset/$1" --timeout=180s >/dev/null
}

wait_until 120 rounds_above 0 0 || { failed "the load gets on"; tail -5 "$LOG"; finish; }
note "undisturbed: the longest wait of an application was $(longest) s"
under_load "the worker of the mount is killed" kill_and_wait sealfs-mountd 'mount-worker' worker
under_load "the node plugin is killed" kill_and_wait sealfs-csi-node 'csi --mode=node'
under_load "mountd is killed" kill_and_wait sealfs-mountd 'sealfs mountd'
under_load "the node plugin is rolled to another version" roll sealfs-csi-node
under_load "mountd is rolled to another version ($(mountd_strategy))" roll sealfs-mountd

# A successor beside the living one, also where a DaemonSet knows no surge.
hand_over() {
  local old=${1} new=${2}
  apply mountd.yaml MOUNTD="$new" || return
  ks rollout status "daemonset/$new" --timeout=120s >/dev/null || return
  ks delete daemonset "$old" --wait=true --timeout=60s >/dev/null
}
under_load "mountd hands over to a successor beside it" hand_over sealfs-mountd sealfs-mountd-b
under_load "and back" hand_over sealfs-mountd-b sealfs-mountd

in_pod user touch /tmp/stop
ended_well() { wait "$LOAD"; }
check "fio, git and the prober have seen no error" ended_well
cat "$LOG"; rm -f "$LOG"
answers() { in_pod user stat -f /data >/dev/null; }
check "the mount answers at the end" answers
finish
