#!/usr/bin/env bash
# Random bytes, malformed and truncated frames, wrong versions and absurd lengths at every port, under load: connections are closed, service goes on.
# time limit: 180
. "$(dirname "$0")/lib.sh"
start_cluster
mount_volume m test
M=$WORK/m
python3 "$ROOT/test/e2e/load.py" "$M" "$(seconds 12 60)" >"$WORK/load.json" 2>"$WORK/log/load" & LOAD=$!
PIDS+=("$LOAD")
before=$(rss_mib "${NODE_PID[1]}")
fuzz() { python3 "$ROOT/test/e2e/fuzz_port.py" "$1" "$(seconds 3000 20000)" "$2"; }
for n in 1 2 3; do check "storage node $n" fuzz "${NODE_PORT[$n]}" $n; done
for n in 1 2 3; do check "metrics port of node $n" fuzz "${NODE_METRICS[$n]}" 1$n; done
check "manager" fuzz "${MANAGER##*:}" 7
check "metrics port of the manager" fuzz "$MANAGER_METRICS" 8
load_ends_well() { wait "$LOAD"; local rc=$?; cat "$WORK/load.json"; return $rc; }
check "the load saw no error" load_ends_well
check "every process lives" bash -c "for p in ${NODE_PID[*]} $MANAGER_PID $MOUNT_PID; do kill -0 \$p || exit 1; done"
note "storage node 1: $before MiB before, $(rss_mib "${NODE_PID[1]}") MiB after"
logged() { local n; for n in 1 2 3; do grep -qiE 'clos|malformed|refus|reject' "$WORK/log/node-$n.log" || return 1; done; }
check "the nodes logged why they closed connections" logged
check "new clients are served" mount_volume n test
check "fsck is clean" fsck_clean test
finish
