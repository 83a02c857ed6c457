# lib.sh: sourced by every test of this directory. They run on the Kubernetes cluster that KUBECONFIG names, in namespaces of their own, one after the other.
#
#   SEALFS_KUBE_IMAGE, SEALFS_KUBE_NEXT_IMAGE   images of sealfs: one to start with, one to upgrade to (sealfs:e2e, sealfs:e2e-next)
#   SEALFS_KUBE_TOOLS_IMAGE                     an image with bash, git, fio and python3 (sealfs-tools:e2e); image.sh makes all three
#   SEALFS_KUBE_PROVISIONER                     image of the official external-provisioner
#   SEALFS_KUBE_PULL                            imagePullPolicy of the above, except the provisioner (Never)
#   SEALFS_KUBE_ADDRESSES                       names or ips; by itself: names where the cluster has a DNS
#   SEALFS_KUBELET_DIR                          /var/lib/kubelet
#
# Cases are reported as in test/e2e/lib.sh: check, skip, note, finish.
set -u -o pipefail
export LC_ALL=C
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
NAME=$(basename "$0" .sh)
IMAGE=${SEALFS_KUBE_IMAGE:-sealfs:e2e}
NEXT_IMAGE=${SEALFS_KUBE_NEXT_IMAGE:-sealfs:e2e-next}
TOOLS=${SEALFS_KUBE_TOOLS_IMAGE:-sealfs-tools:e2e}
PROVISIONER=${SEALFS_KUBE_PROVISIONER:-registry.k8s.io/sig-storage/csi-provisioner:v6.3.0}
PULL=${SEALFS_KUBE_PULL:-Never}
KUBELET=${SEALFS_KUBELET_DIR:-/var/lib/kubelet}
SYSTEM=sealfs-e2e-system
SPACE=sealfs-$NAME
CLASS=sealfs-$NAME
RUN=/run/sealfs-e2e/mountd
DISKS=/var/lib/sealfs-e2e/disks
cases=0 bad=0

ok() { cases=$((cases + 1)); echo "ok: $1"; }
failed() { cases=$((cases + 1)); bad=$((bad + 1)); echo "failed: $1"; }
skip() { echo "skipped: $1: $2"; }
note() { echo "note: $*"; }
skip_all() { skip "$NAME" "$1"; exit 0; }
check() { local name=$1; shift; echo "# $name"; if "$@"; then ok "$name"; else failed "$name"; fi; }
must() { local name=$1; shift; echo "# $name"; if "$@"; then ok "$name"; else failed "$name"; finish; fi; } # a case without which the others make no sense
finish() { exit $((bad > 0)); }
now_ms() { echo $(($(date +%s%N) / 1000000)); }

command -v kubectl >/dev/null || skip_all "kubectl is not installed"
[ -n "${KUBECONFIG:-}" ] || skip_all "KUBECONFIG names no cluster"
kubectl get nodes -o name >/dev/null 2>&1 || skip_all "the cluster of $KUBECONFIG does not answer"
MINOR=$(kubectl get --raw /version | python3 -c 'import json, re, sys; print(re.sub("[^0-9]", "", json.load(sys.stdin)["minor"]))')

# kernel_at_least MAJOR MINOR: on every machine
kernel_at_least() {
  local version major minor
  for version in $(kubectl get nodes -o jsonpath='{.items[*].status.nodeInfo.kernelVersion}'); do
    major=${version%%.*} minor=${version#*.} minor=${minor%%[!0-9]*}
    [ "$major" -gt "$1" ] || { [ "$major" = "$1" ] && [ "$minor" -ge "$2" ]; } || return 1
  done
}

wait_until() { # SECONDS COMMAND...
  local end=$(($(date +%s%N) + $1 * 1000000000)); shift
  until "$@" >/dev/null 2>&1; do
    [ "$(date +%s%N)" -lt "$end" ] || { echo "not within the time: $*" >&2; return 1; }
    sleep 0.2
  done
}

k() { kubectl -n "$SPACE" "$@"; }
ks() { kubectl -n "$SYSTEM" "$@"; }

addresses() {
  if [ -n "${SEALFS_KUBE_ADDRESSES:-}" ]; then echo "$SEALFS_KUBE_ADDRESSES"
  elif [ -n "$(kubectl -n kube-system get service -l k8s-app=kube-dns -o name 2>/dev/null)" ]; then echo names
  else echo ips; fi
}

# Before 1.22 a DaemonSet knows no surge: the old mountd goes first there, and the mounts wait with the plugin.
mountd_strategy() {
  if [ "$MINOR" -ge 22 ]; then echo '{ type: RollingUpdate, rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }'; else echo '{ type: RollingUpdate }'; fi
}

render() { # FILE [NAME=VALUE...]
  local file=$1 pair; shift
  local -a script=()
  for pair in "$@" SYSTEM="$SYSTEM" IMAGE="$IMAGE" TOOLS="$TOOLS" PULL="$PULL" PROVISIONER="$PROVISIONER" KUBELET="$KUBELET" RUN="$RUN" DISKS="$DISKS" CLASS="$CLASS" \
    ADDRESSES="$(addresses)" MOUNTD=sealfs-mountd MOUNTD_STRATEGY="$(mountd_strategy)"; do
    script+=(-e "s|@${pair%%=*}@|${pair#*=}|g")
  done
  sed "${script[@]}" "$HERE/manifests/$file"
}

apply() { render "$@" | kubectl apply -f - >/dev/null; }                   # FILE [NAME=VALUE...]: of the system
apply_here() { render "$@" | k apply --validate=false -f - >/dev/null; }    # the same in the test's namespace

image_of() { # KIND/NAME of the system
  ks get "$1" -o jsonpath='{.spec.template.spec.containers[0].image}'
}

# Disks, where the cluster offers no StorageClass by itself.
make_disks() { # NUMBER
  local nodes i node pod
  [ -n "$(kubectl get storageclass -o jsonpath='{range .items[?(@.metadata.annotations.storageclass\.kubernetes\.io/is-default-class=="true")]}{.metadata.name}{"\n"}{end}' | grep -v '^sealfs-e2e-disks$')" ] && return
  apply disk-class.yaml
  read -r -a nodes <<<"$(kubectl get nodes -o jsonpath='{.items[*].metadata.name}')"
  for ((i = 1; i <= $1; i++)); do
    node=${nodes[$((i % ${#nodes[@]}))]}
    kubectl get pv "sealfs-e2e-disk-$i" >/dev/null 2>&1 && continue
    pod=$(ks get pods -l app=sealfs-e2e-host --field-selector spec.nodeName="$node" -o name) || return
    ks exec "${pod#pod/}" -- bash -c "rm -rf /disks/$i && mkdir -p /disks/$i" || return
    apply disk.yaml NUMBER="$i" NODE="$(kubectl get node "$node" -o jsonpath='{.metadata.labels.kubernetes\.io/hostname}')" || return
  done
}

# A disk that a claim has left is not used again as it is: make_disks makes it anew.
clear_disks() {
  local pv
  for pv in $(kubectl get pv -l app=sealfs-e2e-disk -o jsonpath='{range .items[?(@.status.phase!="Available")]}{.metadata.name}{"\n"}{end}'); do
    kubectl delete pv "$pv" --wait=true >/dev/null
  done
}

start_cluster() { # [NODES]: the cluster "demo" in a fresh namespace
  make_disks 12 || return
  kubectl create namespace "$SPACE" >/dev/null || return
  apply_here cluster.yaml || return
  [ "${1:-3}" = 3 ] || k patch sealfscluster demo --type merge -p "{\"spec\":{\"storageNodes\":{\"replicas\":$1}}}" >/dev/null
}

condition() { # TYPE: of the cluster demo
  k get sealfscluster demo -o jsonpath="{.status.conditions[?(@.type==\"$1\")].status}"
}
reason() { k get sealfscluster demo -o jsonpath="{.status.conditions[?(@.type==\"$1\")].reason}"; }
phase() { k get sealfscluster demo -o jsonpath='{.status.phase}'; }
is_available() { [ "$(condition Available)" = True ]; }
is_ready() { # NODES
  [ "$(phase)" = Ready ] && [ "$(k get sealfscluster demo -o jsonpath='{.status.nodesReady}')" = "$1" ] && [ "$(condition Progressing)" = False ] \
    && [ "$(k get statefulset demo-node -o jsonpath='{.status.readyReplicas}')" = "$1" ] \
    && [ "$(k get sealfscluster demo -o jsonpath='{.status.observedGeneration}')" = "$(k get sealfscluster demo -o jsonpath='{.metadata.generation}')" ]
}

# The first claim and the first pod of a cluster wait until the kubelets have brought the driver its certificates.
start_claim() { apply_here claim.yaml CLAIM="$1" && wait_until 240 is_bound "$1"; }
is_bound() { [ "$(k get pvc "$1" -o jsonpath='{.status.phase}')" = Bound ]; }
start_pod() { # NAME CLAIM
  apply_here pod.yaml POD="$1" CLAIM="$2" && k wait --for=condition=Ready "pod/$1" --timeout=240s >/dev/null
}
in_pod() { local pod=$1; shift; k exec "$pod" -- "$@"; }
is_gone() { ! kubectl -n "$SPACE" get "$@" >/dev/null 2>&1; }

# kill_in POD PROGRAM: SIGKILL for every process of the pod whose command line has this; found by the pod's cgroup, so that nothing else on the machine is meant.
kill_in() {
  local uid node host
  uid=$(ks get pod "$1" -o jsonpath='{.metadata.uid}') || return
  node=$(ks get pod "$1" -o jsonpath='{.spec.nodeName}')
  host=$(ks get pods -l app=sealfs-e2e-host --field-selector spec.nodeName="$node" -o jsonpath='{.items[0].metadata.name}')
  ks exec -i "$host" -- bash -s "$uid" "$2" <<'S'
uid=${1//-/[-_]} killed=0
for p in /proc/[0-9]*; do
  grep -qE "$uid" "$p/cgroup" 2>/dev/null && tr '\0' ' ' <"$p/cmdline" 2>/dev/null | grep -qF -- "$2" && kill -9 "${p#/proc/}" && killed=$((killed + 1))
done
[ "$killed" -gt 0 ]
S
}

restarts() { ks get pod "$1" -o jsonpath='{.status.containerStatuses[0].restartCount}'; }
pod_of() { ks get pods -l "app=$1" --field-selector "spec.nodeName=$2" -o jsonpath='{.items[0].metadata.name}'; }

diagnose() {
  echo "--- the state when it failed"
  k get sealfscluster,pods,pvc -o wide 2>&1 | tail -30
  k get sealfscluster demo -o jsonpath='{range .status.conditions[*]}{.type}={.status} {.reason}: {.message}{"\n"}{end}' 2>/dev/null
  k get events --sort-by=.lastTimestamp 2>/dev/null | tail -15
  ks get pods -o wide
  ks logs -l app=sealfs-operator --tail=5 --prefix 2>/dev/null
  ks logs -l app=sealfs-csi-node --tail=8 --prefix 2>/dev/null
  ks logs -l app=sealfs-mountd --tail=8 --prefix 2>/dev/null
}

# Users first, then volumes, then the cluster: what is left after that is a failure of its own.
remove_all() {
  kubectl get namespace "$SPACE" >/dev/null 2>&1 || return 0
  k delete pod -l app=sealfs-e2e-user --wait=true --timeout=120s >/dev/null 2>&1
  k delete pvc -l '!app.kubernetes.io/managed-by' --wait=true --timeout=60s >/dev/null 2>&1
  wait_until 60 no_volumes || true
  k delete sealfscluster demo --wait=true --timeout=120s >/dev/null 2>&1
  kubectl delete namespace "$SPACE" --wait=true --timeout=120s >/dev/null 2>&1
  clear_disks
}
no_volumes() { [ -z "$(kubectl get pv -o jsonpath="{range .items[?(@.spec.storageClassName==\"$CLASS\")]}{.metadata.name}{\"\n\"}{end}")" ]; }

clean_up() {
  local rc=$?
  trap - EXIT INT TERM
  [ "$rc" = 0 ] || diagnose
  [ -n "${SEALFS_KUBE_KEEP:-}" ] || remove_all
  exit "$rc"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
