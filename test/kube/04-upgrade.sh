#!/usr/bin/env bash
# The cluster itself is rolled to another version, manager and storage nodes, under fio, git and the prober. With one copy the shards of a node wait while it restarts; nothing may fail.
. "$(dirname "$0")/lib.sh"

start_cluster && wait_until 120 is_ready 3 || { failed "the cluster starts"; finish; }
start_claim data && start_pod user data || { failed "the pod starts"; finish; }
k exec -i user -- bash -c 'cat >/tmp/load.py' <"$HERE/load.py"
LOG=$(mktemp)
k exec user -- python3 /tmp/load.py /data >"$LOG" 2>&1 &
LOAD=$!
rounds() { in_pod user cat /tmp/progress 2>/dev/null | awk -v what="$1" '{ for (i = 1; i < NF; i++) if ($i == what) print $(i + 1) }'; }
rounds_above() { [ "$(rounds fio)" -gt "$1" ] && [ "$(rounds git)" -gt "$2" ]; }
must "the load gets on" wait_until 120 rounds_above 0 0

began=$(now_ms)
in_pod user touch /tmp/reset
k patch sealfscluster demo --type merge -p "{\"spec\":{\"image\":\"$NEXT_IMAGE\"}}" >/dev/null
is_rolled() { [ "$(k get pods -l app.kubernetes.io/managed-by=sealfs-operator -o jsonpath='{range .items[*]}{.spec.containers[0].image}{"\n"}{end}' | sort | uniq -c | tr -s ' ')" = " 4 $NEXT_IMAGE" ]; }
must "manager and nodes are rolled to another version" wait_until 400 is_rolled
check "the cluster is ready again" wait_until 120 is_ready 3
one_at_a_time() { [ "$(k get events --sort-by=.metadata.creationTimestamp --field-selector reason=UpgradingNode -o jsonpath='{range .items[*]}{.message}{"\n"}{end}' | grep -o 'demo-node-[0-9]' | tr '\n' ' ')" = "demo-node-2 demo-node-1 demo-node-0 " ]; }
check "the nodes were rolled one after the other, the highest first" one_at_a_time
fio=$(rounds fio) git=$(rounds git)
check "the load gets on after that" wait_until 240 rounds_above $((fio + 1)) $((git + 1))
note "rolled after $((($(now_ms) - began) / 1000)) s; the longest wait of an application was $(in_pod user sed 's/.*longest //' /tmp/progress) s"
in_pod user touch /tmp/stop
ended_well() { wait "$LOAD"; }
check "fio, git and the prober have seen no error" ended_well
cat "$LOG"; rm -f "$LOG"
finish
