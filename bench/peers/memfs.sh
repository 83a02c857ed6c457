#!/usr/bin/env bash
# memfs.sh: the in-memory sample of our FUSE library: the ceiling of what a FUSE file system in .NET can do here.
. "$(dirname "$0")/env.sh"
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
case ${1:-} in
  install) (cd "$ROOT" && dotnet publish fuse/samples/MemoryFileSystem -c Release --artifacts-path .build/artifacts -o .build/memfs -v q --nologo >/dev/null) ;;
  start) ;;
  mount)
    mkdir -p "$2" "$RUN"
    "$ROOT/.build/memfs/memfs" "$2" >"$RUN/log" 2>&1 </dev/null &
    echo $! >"$RUN/pid"
    wait_until 20 mountpoint -q "$2" ;;
  umount) unmount "$2"; stop_pid_files "$RUN/pid" ;;
  stop) rm -rf "$RUN" ;;
  *) usage ;;
esac
