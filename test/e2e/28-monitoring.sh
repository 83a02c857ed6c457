#!/usr/bin/env bash
# The dashboard and the alerts name only metrics and labels that a running manager and node export, and their latencies are told apart.
# time limit: 120
. "$(dirname "$0")/lib.sh"
need curl python3
start_cluster
mount_volume m test
M=$WORK/m

work() {
  mkdir "$M/a" "$M/b" || return 1
  for i in $(seq 40); do echo "$i" >"$M/a/$i" || return 1; mv "$M/a/$i" "$M/b/$i" || return 1; done
  dd if=/dev/urandom of="$M/big" bs=1M count=8 conv=fsync status=none && sync "$M/big" && cat "$M/big" "$M/b"/* >/dev/null && ! cat "$M/nothing" 2>/dev/null
}
scrape() { curl -sf --max-time 10 "http://$1/metrics" >"$2" && [ -s "$2" ]; }
scrape_all() {
  scrape "127.0.0.1:$MANAGER_METRICS" "$WORK/manager.txt" || return 1
  local n; for n in 1 2 3; do scrape "127.0.0.1:${NODE_METRICS[$n]}" "$WORK/node$n.txt" || return 1; done
}
# Some counters show with the first thing that they count: the scrubber's when it has found a chunk that has been sealed.
names_are_exported() { scrape_all && python3 "$ROOT/test/e2e/metric_names.py" "$ROOT/monitoring" "$WORK"/manager.txt "$WORK"/node?.txt; }
told_apart() { # a request in memory takes less than a second: the bucket below it must not have everything or nothing
  awk -F'[ "]' '/^sealfs_node_operation_duration_seconds_bucket/ && /le="0.05"/ { below += $NF } /^sealfs_node_operation_duration_seconds_count/ { all += $NF }
    END { exit !(below > 0 && below <= all) }' "$WORK"/node?.txt
}

check "work is done" work
check "manager and nodes are scraped" scrape_all
check "dashboard and rules use what there is" wait_until 60 names_are_exported
[ "$bad" = 0 ] || names_are_exported
check "latencies below a second are told apart" told_apart
finish
