#!/usr/bin/env bash
# engine.sh: a Docker engine of the tests' own, beside whatever else runs on the machine: its data, sockets and process ids lie below one directory, it makes no bridge but those
# of the tests' networks, and it leaves iptables and the forwarding of the machine alone.
#
#   engine.sh start DIR   starts it and waits until it answers; its socket is DIR/docker.sock (DOCKER_HOST=unix://DIR/docker.sock)
#   engine.sh stop DIR    ends it and removes DIR
#
# Needs root, dockerd (Debian: docker.io) and runc. Without --iptables containers on one network reach each other, and the machine them; nothing leaves the machine.
set -euo pipefail
what=${1:?start or stop} DIR=${2:?a directory}

answers() { [ -S "$DIR/docker.sock" ] && curl -fs --unix-socket "$DIR/docker.sock" http://engine/_ping >/dev/null; }

start() {
  local i
  mkdir -p "$DIR"
  # cgroups of its own where there is no systemd to ask.
  setsid dockerd --data-root "$DIR/data" --exec-root "$DIR/exec" --pidfile "$DIR/dockerd.pid" --host "unix://$DIR/docker.sock" \
    --bridge none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false --userland-proxy=false --default-address-pool base=10.213.0.0/16,size=24 \
    --exec-opt native.cgroupdriver=cgroupfs >"$DIR/dockerd.log" 2>&1 </dev/null &
  for i in $(seq 300); do
    if answers; then return; fi
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

case $what in start) start ;; stop) stop ;; *) sed -n '2,/^set/p' "$0" | grep '^#' | cut -c3-; exit 64 ;; esac
