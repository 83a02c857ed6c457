#!/usr/bin/env bash
# run.sh [NN...]: SealFS on the Kubernetes cluster that KUBECONFIG names. Installs operator and driver, runs the tests of this directory (those whose numbers are
# given, or all), and takes everything away again. lib.sh has the settings. Images come from image.sh; SEALFS_KUBE_LOAD is the command that takes an archive to the machines:
#   kind:         SEALFS_KUBE_LOAD="kind load image-archive"
#   containerd:   SEALFS_KUBE_LOAD="ctr -n k8s.io images import"
# Without it the images are there already. SEALFS_KUBE_KEEP=1 leaves everything as it is at the end.
set -u -o pipefail
cd "$(dirname "$0")"
. ./lib.sh
trap - EXIT

install() {
  if [ -n "${SEALFS_KUBE_LOAD:-}" ]; then
    local archive
    for archive in $(./image.sh | tail -1); do $SEALFS_KUBE_LOAD "$archive" >/dev/null || return; done
  fi
  # Rules in CEL are dropped by API servers that do not know them.
  kubectl apply --validate=false -f "$ROOT/crds" >/dev/null && kubectl apply -f "$ROOT/operator/rbac.yaml" >/dev/null || return
  local file
  for file in operator.yaml host.yaml mountd.yaml csi-node.yaml csi-controller.yaml; do apply "$file" || return; done
  for file in deployment/sealfs-operator daemonset/sealfs-e2e-host daemonset/sealfs-mountd daemonset/sealfs-csi-node deployment/sealfs-csi-controller; do
    ks rollout status "$file" --timeout=120s >/dev/null || { echo "$file does not come up"; diagnose; return 1; }
  done
}

uninstall() {
  [ -z "${SEALFS_KUBE_KEEP:-}" ] || return
  # mountd and the plugin go last, and clusters first: their finalizer needs the operator.
  kubectl delete pv -l app=sealfs-e2e-disk --wait=false >/dev/null 2>&1
  kubectl delete storageclass sealfs-e2e-disks --ignore-not-found >/dev/null
  ks delete deployment,daemonset --all --wait=true --timeout=90s >/dev/null
  kubectl delete namespace "$SYSTEM" --wait=true --timeout=90s >/dev/null
  kubectl delete csidriver sealfs.csi.sealfs.io --ignore-not-found >/dev/null
  kubectl delete clusterrole,clusterrolebinding sealfs-operator sealfs-csi-controller --ignore-not-found >/dev/null
  kubectl delete -f "$ROOT/crds" --ignore-not-found --timeout=30s >/dev/null
}

began=$(now_ms)
install || { echo "failed: the installation"; uninstall; exit 1; }
note "operator and driver are up $((($(now_ms) - began) / 1000)) s after the start"
status=0
for test in [0-9][0-9]-*.sh; do
  [ $# = 0 ] || [[ " $* " == *" ${test%%-*} "* ]] || continue
  echo "== $test"
  bash "$test" || status=1
done
uninstall
exit "$status"
