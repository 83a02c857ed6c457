#!/usr/bin/env bash
# sealfs.sh: SealFS as separate processes: a manager, three storage nodes, one copy, default durability, and a mount.
# MOUNT_OPTIONS are given to -o. SEALFS_NODE_ARGS are given to each node.
. "$(dirname "$0")/env.sh"
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
S=$ROOT/.build/cli/sealfs
D=$STORE/sealfs
PORT=7400
case ${1:-} in
  install) "$ROOT/sealfs" --version >/dev/null ;;
  start)
    network_up
    mkdir -p "$RUN" "$D"
    background manager "$S" manager --data-dir "$D/manager" --listen $PORT --metrics-port off --expected-nodes 3
    for i in 1 2 3; do
      background "node$i" "$S" node --name "n$i" --listen $((PORT + i)) --metrics-port off --metadata-dir "$D/n$i/metadata" --data-dir "$D/n$i/data" ${SEALFS_NODE_ARGS:-}
    done
    wait_until 60 inside "$S" cluster status --timeout 1s
    inside "$S" volume create bench >/dev/null ;;
  mount)
    mkdir -p "$2"
    background mount "$S" mount bench "$2" --foreground ${MOUNT_OPTIONS:+-o "$MOUNT_OPTIONS"}
    wait_until 30 mountpoint -q "$2" ;;
  umount) unmount "$2"; wait_until 60 gone "$(cat "$RUN/mount.pid")" ;;
  stop) stop_pid_files "$RUN"/mount.pid "$RUN"/node*.pid "$RUN"/manager.pid; rm -rf "$RUN" "$D" ;;
  *) usage ;;
esac
