#!/usr/bin/env bash
# store-direct.sh: the store itself, without any file system of ours or a peer's: what the disk under all of them does.
. "$(dirname "$0")/env.sh"
case ${1:-} in
  install | start) ;;
  mount) mkdir -p "$2" "$STORE/direct"; mount --bind "$STORE/direct" "$2" ;;
  umount) unmount "$2" ;;
  stop) rm -rf "$STORE/direct" ;;
  *) usage ;;
esac
