#!/usr/bin/env bash
# store.sh up [SIZE] | down: one fresh journaled ext4 in a loop file, so that every system has the same disk under it, whatever the machine's own file system is.
. "$(dirname "$0")/env.sh"
case ${1:-} in
  up)
    mountpoint -q "$STORE" && exit 0
    mkdir -p "$STORE"
    truncate -s "${2:-16G}" "$BENCH_DIR/store.img"
    mkfs.ext4 -q -F -E lazy_itable_init=0,nodiscard -N 1500000 "$BENCH_DIR/store.img"
    mount -o loop "$BENCH_DIR/store.img" "$STORE" ;;
  down)
    mountpoint -q "$STORE" && umount "$STORE"
    rm -f "$BENCH_DIR/store.img" ;;
  *) echo "usage: store.sh up [SIZE] | down" >&2; exit 64 ;;
esac
