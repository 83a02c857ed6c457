#!/usr/bin/env bash
# time limit: 180
# The public sanity suite of the Container Storage Interface against the driver's sockets: controller and node as two processes, as on a cluster. The suite (csi-sanity of
# kubernetes-csi/csi-test) is in no distribution: the script runs it where it is installed.
. "$(dirname "$0")/lib.sh"
need_root
need csi-sanity
start_cluster 3
S=$WORK/csi; mkdir -p "$S"
"$SEALFS" mountd --mountd-socket "$S/mountd.sock" >"$WORK/log/mountd.log" 2>&1 & PIDS+=($!)
"$SEALFS" csi --mode controller --csi-socket "$S/controller.sock" --manager "$MANAGER" >"$WORK/log/csi-controller.log" 2>&1 & PIDS+=($!)
"$SEALFS" csi --mode node --csi-socket "$S/node.sock" --mountd-socket "$S/mountd.sock" --manager "$MANAGER" --node-id node-a >"$WORK/log/csi-node.log" 2>&1 & PIDS+=($!)
check "the driver serves" wait_until 20 test -S "$S/node.sock" -a -S "$S/controller.sock"

sanity() {
  csi-sanity --csi.endpoint="unix://$S/node.sock" --csi.controllerendpoint="unix://$S/controller.sock" --csi.mountdir="$S/target" --csi.stagingdir="$S/staging" --ginkgo.v \
    --ginkgo.no-color >"$WORK/log/sanity" 2>&1 || { grep -E '^ +\[FAIL\]' "$WORK/log/sanity"; return 1; }
}
# What is skipped needs a capability that the driver does not advertise; the suite says which.
nothing_advertised_is_skipped() {
  ! grep -E '^ +\[SKIPPED\] ' "$WORK/log/sanity" | grep -v -E 'not supported|^ +\[SKIPPED\] in '
}
check "the suite passes" sanity
note "$(grep -E 'Passed \|' "$WORK/log/sanity")"
check "nothing that is advertised is skipped" nothing_advertised_is_skipped
check "no volume is left" test "$(sealfs volume list --manager "$MANAGER" --output json | python3 -c 'import json,sys; print(len(json.load(sys.stdin)))')" = 1
check "nothing is mounted" test -z "$(grep "$S" /proc/mounts)"
finish
