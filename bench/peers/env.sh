# env.sh: sourced by the scripts in this folder. Each of them sets one system up on this machine, with every server and FUSE client in a network namespace that
# has a loopback device alone, and every storage directory below $STORE:
#
#   SYSTEM.sh install | start | mount DIR | umount DIR | stop      ("stop" removes its data)
#
# BENCH_DIR  where everything is kept          (default: /tmp/sealfs-bench)
# STORE      backing directory of all systems  (default: $BENCH_DIR/store, a fresh ext4 in a loop file: store.sh)
# nsenter is used, not "ip netns exec": the latter makes a private mount namespace, in which a mount would not be seen from outside.
set -eu
BENCH_DIR=${BENCH_DIR:-/tmp/sealfs-bench}
STORE=${STORE:-$BENCH_DIR/store}
RUN=$BENCH_DIR/run/$(basename "$0" .sh)
NETNS=${NETNS:-sealfs-bench}
PEER_IP=10.99.0.1   # a second address on the loopback device, because MooseFS' chunk server refuses 127.*

network_up() {
  [ -e "/run/netns/$NETNS" ] || ip netns add "$NETNS"
  ip -n "$NETNS" link set lo up
  ip -n "$NETNS" addr replace "$PEER_IP/32" dev lo
}
inside() { nsenter --net="/run/netns/$NETNS" "$@"; }
# background NAME COMMAND...: runs it inside, with its output in $RUN/NAME.log and its pid in $RUN/NAME.pid. "exec", so that the pid is the command's own and not a shell's.
background() { local name=$1; shift; (exec nsenter --net="/run/netns/$NETNS" "$@") >"$RUN/$name.log" 2>&1 </dev/null & echo $! >"$RUN/$name.pid"; }
alive() { local s; s=$(sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null) && [ "${s%% *}" != Z ]; }
wait_until() { # SECONDS COMMAND...
  local left=$(($1 * 20)); shift
  until "$@" >/dev/null 2>&1; do left=$((left - 1)); [ $left -gt 0 ] || { echo "not within the time: $*" >&2; return 1; }; sleep 0.05; done
}
gone() { ! alive "$1"; }
stop_pid_files() { # FILE...: TERM, wait, KILL
  local f p
  for f in "$@"; do
    [ -s "$f" ] || continue
    p=$(cat "$f")
    kill "$p" 2>/dev/null || true
    wait_until 10 gone "$p" 2>/dev/null || kill -9 "$p" 2>/dev/null || true
    rm -f "$f"
  done
}
unmount() { umount "$1" 2>/dev/null || { sleep 0.5; umount "$1" 2>/dev/null || umount -l "$1"; }; }
install_packages() {
  local missing="" p
  for p in "$@"; do dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q '^install ok installed' || missing="$missing $p"; done
  [ -z "$missing" ] || { apt-get update -q >/dev/null; DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >/dev/null; }
}
usage() { echo "usage: $(basename "$0") install | start | mount DIR | umount DIR | stop" >&2; exit 64; }
