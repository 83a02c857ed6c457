# lib.sh: sourced by every end-to-end test. A cluster of separate processes on loopback, real mounts, and their removal, whatever happens.
#
#   start_cluster [NODES]             manager and NODES (3) storage nodes on $CLUSTER_ADDRESS (loopback); fills MANAGER, MANAGER_PID, NODE_PID[1..N], and creates
#                                     the volume "test"
#   mount_volume NAME VOLUME [ARGS…]  mounts on $WORK/NAME in the background; fills MOUNT_PID (the keeper)
#   begin_mount, wait_for_mount       the two halves of it, to bring up several at once
#   unmount NAME
#   start_manager / start_node N      (again, after a kill)
#   kill_hard PID                     SIGKILL and wait until it is gone
#   wait_until SECONDS COMMAND…       polls a condition
#   check NAME COMMAND…               runs a case: prints "ok: NAME" or "failed: NAME" and goes on
#   skip NAME REASON                  a case that this machine cannot run
#   skip_all REASON                   the same for the whole script; ends it
#   fsck_clean VOLUME                 "sealfs fsck" finds nothing
#   seconds SHORT LONG                SHORT, or LONG with test/run.sh --soak
#
# A script ends with "finish". Everything it writes is below $WORK, a fresh directory in $SEALFS_TEST_DIR (default: the system's temporary directory).
set -u -o pipefail
export LC_ALL=C TZ=UTC
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
NAME=$(basename "$0" .sh)
WORK=$(mktemp -d "${SEALFS_TEST_DIR:-${TMPDIR:-/tmp}}/sealfs-$NAME.XXXXXX") || exit 2
KEPT_LOGS=${SEALFS_TEST_LOGS:-$ROOT/.build/test-logs/$NAME}
export HOME=$WORK/home GIT_CONFIG_NOSYSTEM=1 SEALFS_CONFIG="" DOTNET_CLI_HOME=$WORK/home DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
unset SEALFS_MANAGER SEALFS_DATA_ROOT SEALFS_TLS_DIR
CLUSTER_ADDRESS=${CLUSTER_ADDRESS:-127.0.0.1}
mkdir -p "$HOME" "$WORK/log"
cases=0 bad=0
PIDS=()
NODE_PID=()
MANAGER_PID="" MOUNT_PID="" MANAGER=""

"$ROOT/sealfs" --version >/dev/null || exit 2
if [ -z "${DOTNET_ROOT:-}" ]; then DOTNET_ROOT=$(dirname "$(readlink -f "$(command -v dotnet)")"); export DOTNET_ROOT; fi
SEALFS=$ROOT/.build/cli/sealfs

ok() { cases=$((cases + 1)); echo "ok: $1"; }
failed() { cases=$((cases + 1)); bad=$((bad + 1)); echo "failed: $1"; }
skip() { echo "skipped: $1: $2"; }
note() { echo "note: $*"; }
skip_all() { skip "$NAME" "$1"; exit 0; }
check() { local name=$1; shift; echo "# $name"; if "$@"; then ok "$name"; else failed "$name"; fi; }
seconds() { if [ -n "${SEALFS_SOAK:-}" ]; then echo "$2"; else echo "$1"; fi; }
need() { local c; for c in "$@"; do command -v "$c" >/dev/null || skip_all "$c is not installed"; done; }
need_root() { [ "$(id -u)" = 0 ] || skip_all "needs root"; }
finish() { exit $((bad > 0)); }

alive() { local s; s=$(sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null) && [ "${s%% *}" != Z ]; }
wait_until() { # SECONDS COMMAND...
  local end=$(($(date +%s%N) + $1 * 1000000000)); shift
  until "$@" >/dev/null 2>&1; do
    [ "$(date +%s%N)" -lt "$end" ] || { echo "not within the time: $*" >&2; return 1; }
    sleep 0.05
  done
}
gone() { ! alive "$1"; }
kill_hard() { kill -9 "$1" 2>/dev/null; wait_until 10 gone "$1"; }
stop_softly() { kill "$1" 2>/dev/null; wait_until "${2:-30}" gone "$1"; }
now_ms() { echo $(($(date +%s%N) / 1000000)); }
rss_mib() { awk '/^VmRSS:/ { printf "%.0f", $2 / 1024 }' "/proc/$1/status"; }

# free_ports N: that many TCP ports on loopback that nobody uses now
free_ports() {
  python3 - "$1" <<'PY'
import socket, sys
sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in sockets])
PY
}

sealfs() { "$SEALFS" "$@"; }

start_manager() {
  "$SEALFS" manager --listen "$MANAGER" --metrics-port "$MANAGER_METRICS" --data-dir "$WORK/manager" --expected-nodes "$NODES" ${MANAGER_ARGS:-} \
    >>"$WORK/log/manager.log" 2>&1 </dev/null &
  MANAGER_PID=$!
  PIDS+=("$MANAGER_PID")
}

start_node() { # N
  "$SEALFS" node --manager "$MANAGER" --name "node-$1" --listen "$CLUSTER_ADDRESS:${NODE_PORT[$1]}" --metrics-port "${NODE_METRICS[$1]}" \
    --metadata-dir "$WORK/node-$1/metadata" --data-dir "${DATA_DIR[$1]:-$WORK/node-$1/data}" ${NODE_WEIGHT[$1]:+--weight ${NODE_WEIGHT[$1]}} ${NODE_ARGS:-} >>"$WORK/log/node-$1.log" 2>&1 </dev/null &
  NODE_PID[$1]=$!
  PIDS+=("${NODE_PID[$1]}")
}

manager_answers() { sealfs cluster status --manager "$MANAGER" --timeout 1s; [ $? -le 1 ]; }
cluster_healthy() { sealfs cluster status --manager "$MANAGER" --timeout 1s >/dev/null 2>&1; }

declare -A DATA_DIR=() NODE_WEIGHT=() NODE_PORT=() NODE_METRICS=()
start_cluster() { # [NODES]
  NODES=${1:-3}
  local ports i; read -r -a ports <<<"$(free_ports $((2 + 2 * NODES)))"
  MANAGER=$CLUSTER_ADDRESS:${ports[0]} MANAGER_METRICS=${ports[1]}
  start_manager
  for ((i = 1; i <= NODES; i++)); do
    NODE_PORT[$i]=${ports[$((2 * i))]} NODE_METRICS[$i]=${ports[$((2 * i + 1))]}
    mkdir -p "$WORK/node-$i"
    start_node "$i"
  done
  wait_until 60 cluster_healthy || { tail -5 "$WORK"/log/*.log; failed "the cluster starts"; exit 1; }
  sealfs volume create test --manager "$MANAGER" ${VOLUME_ARGS:-} || { failed "the volume is created"; exit 1; }
}

# The keeper writes its pid nowhere: it is the process whose command line mounts on this directory.
keeper_of() { pgrep -f -- "sealfs mount .* $1( |\$)" | head -1; }
worker_of() { pgrep -P "$1" -f 'sealfs mount-worker' | head -1; }

mount_volume() { # NAME VOLUME [ARGS...]
  begin_mount "$@"
  wait_for_mount "$1"
}
begin_mount() { # NAME VOLUME [ARGS...]
  local name=$1 volume=$2; shift 2
  mkdir -p "$WORK/$name"
  ${NSENTER:-} "$SEALFS" mount --foreground --manager "$MANAGER" "$volume" "$WORK/$name" "$@" >>"$WORK/log/mount-$name.log" 2>&1 </dev/null &
  MOUNT_PID=$!
  PIDS+=("$MOUNT_PID")
}
wait_for_mount() { # NAME
  wait_until 30 mountpoint -q "$WORK/$1" || { tail -5 "$WORK/log/mount-$1.log"; failed "the mount $1 comes up"; exit 1; }
}

unmount() { # NAME
  sealfs umount "$WORK/$1"
}

fsck_clean() { sealfs fsck "$1" --manager "$MANAGER"; }

clean_up() {
  local rc=$? p m
  trap - EXIT INT TERM
  # Lazily: a test that failed may have left a process inside. The longest path first.
  awk -v w="$WORK/" 'index($2, w) == 1 { print $2 }' /proc/self/mounts | sort -r | while read -r m; do umount -l "$m" 2>/dev/null || fusermount3 -uz "$m" 2>/dev/null; done
  for p in "${PIDS[@]}"; do kill "$p" 2>/dev/null; done
  for p in "${PIDS[@]}"; do wait_until 10 gone "$p" 2>/dev/null || kill -9 "$p" 2>/dev/null; done
  if declare -F test_clean_up >/dev/null; then test_clean_up; fi
  if [ "$rc" != 0 ]; then
    mkdir -p "$KEPT_LOGS"; cp -r "$WORK"/log/. "$KEPT_LOGS"/ 2>/dev/null
    grep -hE ' (fail|crit|warn): ' "$WORK"/log/*.log 2>/dev/null | tail -15
  fi
  cd /
  rm -rf --one-file-system "$WORK"
  exit "$rc"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
