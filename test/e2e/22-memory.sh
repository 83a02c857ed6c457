#!/usr/bin/env bash
# What the processes need: idle, and after work. Figures are printed; the idle limits are checked (node 150 MiB, client 100 MiB).
# time limit: 180
. "$(dirname "$0")/lib.sh"
start_cluster
mount_volume m test
M=$WORK/m
cluster_memory() { local n; printf 'manager %s, nodes' "$(rss_mib "$MANAGER_PID")"; for n in 1 2 3; do printf ' %s' "$(rss_mib "${NODE_PID[$n]}")"; done; printf ', keeper %s, worker %s MiB' "$(rss_mib "$MOUNT_PID")" "$(rss_mib "$(worker_of "$MOUNT_PID")")"; }
ls "$M" >/dev/null; sleep 2
note "idle: $(cluster_memory)"
below() { [ "$(rss_mib "$1")" -lt "$2" ]; }
for n in 1 2 3; do check "storage node $n idles below 150 MiB" below "${NODE_PID[$n]}" 150; done
check "the worker idles below 100 MiB" below "$(worker_of "$MOUNT_PID")" 100
check "the keeper idles below 100 MiB" below "$MOUNT_PID" 100
N=$(seconds 40000 1000000)
python3 - "$M" "$N" <<'PY'
import os, sys
root, n = sys.argv[1], int(sys.argv[2])
for i in range(n):
    if i % 1000 == 0: d = f"{root}/d{i // 1000}"; os.mkdir(d)
    os.close(os.open(f"{d}/f{i}", os.O_CREAT | os.O_EXCL | os.O_WRONLY))
PY
note "after $N files: $(cluster_memory)"
for n in 1 2 3; do check "storage node $n stays below 600 MiB" below "${NODE_PID[$n]}" 600; done
dd if=/dev/zero of="$M/stream" bs=1M count="$(seconds 400 4000)" conv=fsync 2>/dev/null; cat "$M/stream" >/dev/null
note "after a stream: $(cluster_memory)"
# 64 MiB of write buffer and as much of read-ahead are the defaults; the rest is the program.
check "the worker stays below 300 MiB" below "$(worker_of "$MOUNT_PID")" 300
finish
