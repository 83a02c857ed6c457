#!/usr/bin/env bash
# Three nodes become four and three again while files are read and written, with operators killed in between: nothing is lost, no step is done twice, and at rest nothing is written.
. "$(dirname "$0")/lib.sh"

start_cluster && wait_until 120 is_ready 3 || { failed "the cluster starts"; finish; }
start_claim data && start_pod user data || { failed "the pod starts"; finish; }
in_pod user bash -c 'for i in $(seq 1 300); do mkdir -p /data/d$((i % 40)); head -c $((i * 997)) /dev/urandom >/data/d$((i % 40))/f$i; done; cd /data && find . -type f | sort | xargs sha256sum >/tmp/sums; sync' || { failed "files are written"; finish; }
whole() { in_pod user bash -c 'cd /data && sha256sum --quiet -c /tmp/sums'; }

# A writer that ends with an error when a call fails.
in_pod user bash -c 'i=0; while [ ! -e /tmp/stop ]; do i=$((i + 1)); echo $i >/data/live.$((i % 7)) && [ "$(cat /data/live.$((i % 7)))" = $i ] || exit 1; echo $i >/tmp/count; done' &
WRITER=$!

leader() { ks get lease sealfs-operator -o jsonpath='{.spec.holderIdentity}'; }
leads() { [ -n "$(leader)" ]; }
one_leads() { local pods pod count=0; for pod in $(ks get pods -l app=sealfs-operator -o name); do ks logs "$pod" --tail=-1 | grep -q 'EventRecorder' && count=$((count + 1)); done; [ "$(ks get pods -l app=sealfs-operator -o name | wc -l)" = 2 ] && [ "$count" -le 1 ]; }
check "of two operators one has acted" one_leads

# At rest: every write that the API server has counted for what the operator looks after.
writes() {
  kubectl get --raw /metrics | awk '/^apiserver_request_total/ && /verb="(POST|PUT|PATCH|APPLY|DELETE)"/ && /resource="(sealfsclusters|statefulsets|services|configmaps|secrets|serviceaccounts|storageclasses|poddisruptionbudgets|persistentvolumeclaims)"/ { sum += $NF } END { print sum + 0 }'
}
at_rest() {
  local before after
  wait_until 60 is_ready 3 || return
  before=$(writes); sleep 45; after=$(writes)   # three rounds of the operator: the time is what is measured
  note "writes to the cluster's objects within 45 s of rest: $((after - before))"
  [ "$before" = "$after" ]
}
check "at rest nothing is written" at_rest

began=$(now_ms)
k patch sealfscluster demo --type merge -p '{"spec":{"storageNodes":{"replicas":4}}}' >/dev/null
check "a fourth node joins and gets its share" wait_until 240 is_ready 4
shards() { k get sealfscluster demo -o jsonpath="{.status.nodes[?(@.name==\"demo-node-$1\")].shards}"; }
has_share() { [ "$(shards 3)" -gt 40 ]; }
check "which is a quarter" wait_until 240 has_share
note "scaled out after $((($(now_ms) - began) / 1000)) s; shards: $(shards 0) $(shards 1) $(shards 2) $(shards 3)"
check "the files are whole" whole

# Back to three, and whoever leads is killed at every step of it.
step() { # NAME CONDITION...
  local name=$1 one; shift
  wait_until 240 "$@" || { failed "$name"; return; }
  wait_until 40 leads
  one=$(leader)
  ks delete pod "$one" --grace-period=0 --force >/dev/null 2>&1
  note "operator $one was killed when $name"
}
mark() { k get pvc data-demo-node-3 -o jsonpath='{.metadata.annotations.sealfs\.io/leaving}'; }
marked() { local now; now=$(mark); [ "$now" = "$1" ] || [ "$now" = drained ] || is_gone pvc data-demo-node-3; }
shrunk() { [ "$(k get statefulset demo-node -o jsonpath='{.spec.replicas}')" = 3 ]; }
began=$(now_ms)
k patch sealfscluster demo --type merge -p '{"spec":{"storageNodes":{"replicas":3}}}' >/dev/null
step "the node was about to be emptied" marked draining
emptying() { [ "$(condition Draining)" = True ] || marked drained || shrunk; }
step "it was being emptied" emptying
step "it was empty" marked drained
step "the StatefulSet shrank" shrunk
step "the pod was gone" is_gone pod demo-node-3
check "three nodes are left and ready" wait_until 180 is_ready 3
node_gone() { [ -z "$(shards 3)" ] && is_gone pvc data-demo-node-3 && is_gone pvc metadata-demo-node-3; }
check "the fourth is forgotten, and its disks are deleted as the policy says" wait_until 90 node_gone
note "scaled in after $((($(now_ms) - began) / 1000)) s; shards: $(shards 0) $(shards 1) $(shards 2)"
once() { # each of these things was told once
  local reason
  for reason in NodeRemoved; do
    [ "$(k get events --field-selector "reason=$reason" -o jsonpath='{range .items[*]}{.count}{"\n"}{end}' | awk '{ n += $1 ? $1 : 1 } END { print n + 0 }')" = 1 ] || return
  done
}
check "the node was removed once" once
check "the files are whole after that" whole
in_pod user touch /tmp/stop
wrote() { wait "$WRITER"; }
check "the writer has seen no error" wrote
note "the writer did $(in_pod user cat /tmp/count) rounds"
finish
