#!/usr/bin/env bash
# From ten lines to a file that two pods share, and back to nothing: in the wrong order first, which is refused, and then in the right one.
. "$(dirname "$0")/lib.sh"

began=$(now_ms)
must "a cluster of ten lines is accepted" start_cluster
must "it is available within two minutes" wait_until 120 is_available
note "available after $(awk "BEGIN { printf \"%.1f\", ($(now_ms) - $began) / 1000 }") s"
must "it is ready" wait_until 60 is_ready 3

confined() { # every container of the cluster
  local pods
  pods=$(k get pods -l app.kubernetes.io/managed-by=sealfs-operator -o json) || return
  python3 -c '
import json, sys
for pod in json.load(sys.stdin)["items"]:
    for c in pod["spec"]["containers"]:
        s = c["securityContext"]
        assert s["readOnlyRootFilesystem"] and s["capabilities"]["drop"] == ["ALL"] and not s["allowPrivilegeEscalation"], c["name"]
    assert pod["spec"]["securityContext"]["runAsNonRoot"]
' <<<"$pods"
}
check "its pods have a read-only root file system, no capabilities and no root" confined
listed() { k get sealfscluster demo | grep -qE '^demo +Ready +3 '; }
check "kubectl get shows phase and nodes" listed

began=$(now_ms)
must "a claim is bound" start_claim shared
must "a pod starts with it" start_pod one shared
note "the pod runs $(awk "BEGIN { printf \"%.1f\", ($(now_ms) - $began) / 1000 }") s after the claim"
must "the pod writes" in_pod one bash -c 'mkdir /data/d && head -c 3000000 /dev/urandom >/data/d/big && echo small >/data/small && (cd /data && sha256sum small d/big) >/tmp/sums && cp /tmp/sums /data/sums && sync'
size_is_the_claims() { [ "$(in_pod one df --output=size -B1 /data | tail -1 | tr -d ' ')" = 2147483648 ]; }
check "df shows the size of the claim" size_is_the_claims
check "a second pod starts with the same claim" start_pod two shared
check "it reads what the first wrote" in_pod two bash -c 'cd /data && sha256sum -c sums'
both_ways() { in_pod two bash -c 'echo from two >/data/answer && sync' && wait_until 5 in_pod one grep -q 'from two' /data/answer; }
check "and the first reads what the second writes" both_ways

# In the wrong order.
k delete sealfscluster demo --wait=false >/dev/null
blocked() { [ "$(condition DeletionBlocked)" = True ] && k get sealfscluster demo -o jsonpath='{.status.conditions[?(@.type=="DeletionBlocked")].message}' | grep -q "$SPACE/shared"; }
check "deleting the cluster is refused while a volume is there, and says which" wait_until 30 blocked
note "the refusal: $(k get sealfscluster demo -o jsonpath='{.status.conditions[?(@.type=="DeletionBlocked")].message}')"
check "the volume still works meanwhile" in_pod one bash -c 'echo more >/data/more && sync && cat /data/more >/dev/null'
k delete pvc shared --wait=false >/dev/null
claim_waits() { [ -n "$(k get pvc shared -o jsonpath='{.metadata.deletionTimestamp}')" ]; }
check "a claim in use waits for its pods" claim_waits

# In the right order.
check "the pods go" k delete pod one two --wait=true --timeout=90s
unmounted() { local host; for host in $(ks get pods -l app=sealfs-e2e-host -o name); do ! ks exec "${host#pod/}" -- grep -q " $KUBELET/.* fuse.sealfs " /proc/1/mounts || return 1; done; }
check "no mount is left on any machine" wait_until 30 unmounted
check "the claim goes with its volume" wait_until 60 no_volumes
check "the cluster goes" wait_until 90 is_gone sealfscluster demo
nothing_left() { [ -z "$(k get pods,statefulsets,services,pvc,configmaps -l app.kubernetes.io/managed-by=sealfs-operator -o name 2>/dev/null)" ] && [ -z "$(kubectl get storageclass "$CLASS" -o name 2>/dev/null)" ]; }
check "nothing of it is left" wait_until 90 nothing_left
finish
