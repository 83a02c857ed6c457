#!/usr/bin/env bash
# The metadata of ten million files on one storage node: it idles below 150 MiB before, and never needs more than 600 MiB: not while they are made, nor while they are
# looked up at random, nor after a restart. Made over the data plane, many requests at a time: through a mount it would take an hour.
# time limit: 600
. "$(dirname "$0")/lib.sh"
[ -n "${SEALFS_SOAK:-}" ] || skip_all "ten million files take ten minutes: test/run.sh --soak"
BENCH=$(ls -t "$ROOT"/bench/micro/bin/*/net*/SealFs.Bench 2>/dev/null | head -1)
[ -x "$BENCH" ] || skip_all "bench/micro is not built"
FILES=${FILES:-10000000} LOOKUPS=${LOOKUPS:-3000000}
start_cluster 1
peak_mib() { awk '/^VmHWM:/ { printf "%.0f", $2 / 1024 }' "/proc/${NODE_PID[1]}/status"; }
node_mib() { rss_mib "${NODE_PID[1]}"; }
below() { [ "$1" -lt "$2" ]; }
# Runs the load, and tells what the node needs every half minute.
run_load() {
  "$BENCH" load "$MANAGER" test "$@" >"$WORK/log/load" 2>&1 & local pid=$! next=0
  while alive "$pid"; do
    if [ "$(now_ms)" -ge "$next" ]; then note "$(tail -1 "$WORK/log/load") node $(node_mib) MiB"; next=$(($(now_ms) + 30000)); fi
    sleep 0.5
  done
  wait "$pid" && note "$(tail -1 "$WORK/log/load") node $(node_mib) MiB"
}
sleep 5
note "idle: $(node_mib) MiB"
check "an empty node idles below 150 MiB" below "$(node_mib)" 150
check "$FILES files are made" run_load "$FILES"
sleep 30
note "half a minute later: $(node_mib) MiB, at most $(peak_mib) MiB; metadata directory $(du -sm "$WORK/node-1/metadata" | cut -f1) MiB"
check "the node stays below 600 MiB while they are made" below "$(peak_mib)" 600
check "$LOOKUPS of them are looked up" run_load "$FILES" "$LOOKUPS"
note "after lookups: $(node_mib) MiB, at most $(peak_mib) MiB"
check "the node stays below 600 MiB while they are looked up" below "$(peak_mib)" 600
stop_softly "${NODE_PID[1]}" 60
start_node 1
wait_until 60 cluster_healthy
sleep 10
note "after a restart: $(node_mib) MiB"
check "the node idles below 150 MiB after a restart" below "$(node_mib)" 150
finish
