#!/usr/bin/env bash
# engine.sh: a Docker engine of the tests' own, beside whatever else runs on the machine: its data, sockets and process ids lie below one directory, it makes no bridge but those
# of the tests' networks, and it leaves iptables and the forwarding of the machine alone.
#
#   engine.sh install     installs docker.io where dockerd is missing, and does not let its service start: that would change the machine's iptables
#   engine.sh start DIR   starts it and waits until it answers; its socket is DIR/docker.sock (DOCKER_HOST=unix://DIR/docker.sock)
#   engine.sh stop DIR    ends it and removes DIR
#   engine.sh ask SOCKET  whether an engine answers there
#
# Needs root, dockerd (Debian: docker.io) and python3. Without --iptables containers on one network reach each other, and the machine them; nothing leaves the machine.
set -euo pipefail
what=${1:?install, start, stop or ask} DIR=${2:-}

install() {
  local policy=/usr/sbin/policy-rc.d made=""
  if command -v dockerd >/dev/null || ! command -v apt-get >/dev/null; then return; fi
  if [ ! -e "$policy" ]; then
    made=yes
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod +x "$policy"
  fi
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends docker.io </dev/null
  [ -z "$made" ] || rm -f "$policy"
}

answers() { # SOCKET
  python3 - "$1" 2>/dev/null <<'PY'
import http.client, socket, sys
connection = http.client.HTTPConnection("engine", timeout=5)
connection.sock = socket.socket(socket.AF_UNIX)
connection.sock.connect(sys.argv[1])
connection.request("GET", "/_ping")
sys.exit(connection.getresponse().status != 200)
PY
}

start() {
  local i
  command -v dockerd >/dev/null || { echo "dockerd is not installed" >&2; exit 1; }
  mkdir -p "$DIR"
  setsid dockerd --data-root "$DIR/data" --exec-root "$DIR/exec" --pidfile "$DIR/dockerd.pid" --host "unix://$DIR/docker.sock" \
    --bridge none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false --userland-proxy=false --default-address-pool base=10.213.0.0/16,size=24 >"$DIR/dockerd.log" 2>&1 </dev/null &
  for i in $(seq 300); do
    if answers "$DIR/docker.sock"; then return; fi
    kill -0 $! 2>/dev/null || break
    sleep 0.1
  done
  tail -5 "$DIR/dockerd.log" >&2
  exit 1
}

stop() {
  local pid i
  if pid=$(cat "$DIR/dockerd.pid" 2>/dev/null); then
    kill "$pid" 2>/dev/null || true
    for i in $(seq 200); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
  fi
  awk -v d="$DIR/" 'index($2, d) == 1 { print $2 }' /proc/self/mounts | sort -r | while read -r m; do umount -l "$m" || true; done
  rm -rf --one-file-system "$DIR"
}

case $what in install) install ;; start) start ;; stop) stop ;; ask) answers "$DIR" ;; *) sed -n '2,/^set/p' "$0" | grep '^#' | cut -c3-; exit 64 ;; esac
