#!/usr/bin/env bash
# kill -9 of a storage node, of the manager and of the whole client under load, then a restart: what was synced is there, fsck is clean, and
# operations wait and go on.
# time limit: 240
. "$(dirname "$0")/lib.sh"
start_cluster
mount_volume m test
M=$WORK/m
T=$(seconds 12 40)
load() { # NAME SECONDS ARGS...
  local name=$1 time=$2; shift 2
  mkdir -p "$M/$name"
  python3 "$ROOT/test/e2e/load.py" "$M/$name" "$time" --fsync-log "$WORK/synced.$name" "$@" >"$WORK/$name.json" 2>"$WORK/log/load.$name" &
  LOAD=$!
  PIDS+=("$LOAD")
}
load_ends_well() { wait "$LOAD"; local rc=$?; cat "$WORK/$1.json"; return $rc; }
longest() { python3 -c "import json,sys; d=json.load(open(sys.argv[1])); print(d['longest_ms'], 'ms', d['longest_call'])" "$WORK/$1.json"; }
synced() { python3 "$ROOT/test/e2e/check_synced.py" "$WORK/synced.$1"; }

echo "# a storage node"
load node "$T"
sleep 2; kill_hard "${NODE_PID[2]}"
sleep 2; start_node 2
check "the load goes on over a killed node" load_ends_well node
note "node: longest call $(longest node)"
wait_until 40 cluster_healthy
check "what was synced is there" synced node
check "fsck is clean after the node's crash" fsck_clean test

echo "# each node in turn, twice"
load turns "$T"
for n in 1 2 3 1 2 3; do sleep 0.7; kill_hard "${NODE_PID[$n]}"; start_node $n; done
check "the load goes on over nodes killed in turn" load_ends_well turns
note "turns: longest call $(longest turns)"
wait_until 40 cluster_healthy
check "what was synced is there" synced turns
check "fsck is clean after the turns" fsck_clean test

echo "# the manager"
load manager "$T"
sleep 2; kill_hard "$MANAGER_PID"
sleep 3; start_manager
check "the load goes on over a killed manager" load_ends_well manager
note "manager: longest call $(longest manager)"
wait_until 40 cluster_healthy
check "volumes and nodes are known as before" bash -c "'$SEALFS' volume list --manager '$MANAGER' | grep -q '^test ' && [ \$('$SEALFS' cluster nodes --manager '$MANAGER' | grep -c ' live ') = 3 ]"
check "what was synced is there" synced manager
check "fsck is clean after the manager's crash" fsck_clean test

echo "# the whole client"
load client 60 --stop-quietly
sleep 4
worker=$(worker_of "$MOUNT_PID")
# The keeper first: it would start another worker.
kill -9 "$MOUNT_PID"; kill -9 "$worker" 2>/dev/null
wait_until 10 gone "$MOUNT_PID"
kill -9 "$LOAD" 2>/dev/null; wait "$LOAD" 2>/dev/null
check "the dead mount is removed" sealfs umount "$M"
mount_volume m test
check "what was synced is there" synced client
check "fsck is clean after the client's crash" fsck_clean test

echo "# everything at once"
load all 60 --stop-quietly
sleep 3
kill -9 "$MOUNT_PID"; kill -9 "$(worker_of "$MOUNT_PID")" "${NODE_PID[@]}" "$MANAGER_PID" 2>/dev/null
kill -9 "$LOAD" 2>/dev/null; wait "$LOAD" 2>/dev/null
for p in "${NODE_PID[@]}" "$MANAGER_PID"; do wait_until 10 gone "$p"; done
start_manager; for n in 1 2 3; do start_node $n; done
wait_until 60 cluster_healthy
check "the dead mount is removed" sealfs umount "$M"
mount_volume m test
check "what was synced is there" synced all
check "fsck is clean after everything crashed" fsck_clean test
check "a clean stop of a node loses nothing" bash -c "echo kept >'$M/kept'; kill ${NODE_PID[1]}"
wait_until 30 gone "${NODE_PID[1]}"; start_node 1
check "the mount waits for it" bash -c "[ \"\$(cat '$M/kept')\" = kept ] && ls -R '$M' >/dev/null"
check "fsck is clean at the end" fsck_clean test
finish
