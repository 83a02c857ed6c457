#!/usr/bin/env bash
# Two mounts of one volume, in separate processes and, where the machine allows, in separate network namespaces: what one closes, the other opens and sees.
# time limit: 180
. "$(dirname "$0")/lib.sh"
start_cluster
mount_volume a test
A=$WORK/a
# The second "machine": a network namespace of its own with a veth pair would need servers that listen on more than loopback, which they refuse without
# authentication; so its end of the wire is a relay, one for each port, and the client believes that it speaks to 127.0.0.1.
NS=sealfs-$$
test_clean_up() { ip netns del "$NS" 2>/dev/null; true; }
enter_namespace() {
  [ "$(id -u)" = 0 ] && command -v ip >/dev/null && ip netns add "$NS" 2>/dev/null && ip -n "$NS" link set lo up || return 1
  local port
  for port in "${MANAGER##*:}" "${NODE_PORT[@]}"; do
    python3 "$ROOT/test/e2e/relay.py" "/run/netns/$NS" "$port" >>"$WORK/log/relay.log" 2>&1 </dev/null &
    PIDS+=($!)
    wait_until 10 nsenter --net="/run/netns/$NS" bash -c "exec 3<>/dev/tcp/127.0.0.1/$port" || return 1
  done
}
if enter_namespace; then NSENTER="nsenter --net=/run/netns/$NS" mount_volume b test; note "the second mount is in its own network namespace"
else note "no network namespace: the second mount is a separate process only"; mount_volume b test; fi
B=$WORK/b

round() { # FROM TO N: many small files, each read as soon as it was closed
  local i
  for ((i = 0; i < $3; i++)); do
    echo "$i $1" >"$1/r.$i" && [ "$(cat "$2/r.$i")" = "$i $1" ] || return 1
  done
  rm -f "$1"/r.*
}
rewrite() { local i; for i in 1 22 333 4444 5; do echo "$i" >"$A/same" && [ "$(cat "$B/same")" = "$i" ] || return 1; done; }
sizes() { # the size seen is the size closed, at once, growing and shrinking, whatever was looked at before
  python3 - "$A" "$B" <<'PY'
import os, sys
a, b = sys.argv[1:]
for i in list(range(1, 40)) + list(range(40, 0, -3)):
    data = (b"%d," % i) * i
    with open(f"{a}/grow", "wb") as f: f.write(data)
    with open(f"{b}/grow", "rb") as f: got = f.read()
    assert got == data, f"{i}: {len(got)} bytes instead of {len(data)}"
    os.stat(f"{b}/grow")
for i in range(40):
    name = f"{(a, b)[i % 2]}/log2"
    with open(name, "ab") as f: f.write(b"line %d\n" % i)
    with open(f"{(b, a)[i % 2]}/log2", "rb") as f: assert f.read().count(b"\n") == i + 1, i
PY
}
append() { local i; : >"$A/log"; for i in $(seq 1 40); do echo "a $i" >>"$A/log"; echo "b $i" >>"$B/log"; done; [ "$(wc -l <"$A/log")" = 80 ] && [ "$(wc -l <"$B/log")" = 80 ]; }
big() { head -c 30000000 /dev/urandom >"$A/big" && [ "$(sha256sum <"$A/big")" = "$(sha256sum <"$B/big")" ]; }
visible() { mkdir "$A/dir" && touch "$A/dir/x" && wait_until 5 test -e "$B/dir/x" && rm -r "$B/dir" && wait_until 5 test ! -e "$A/dir"; }
# Names that one side believes for at most a second: after that, the other side's change is seen.
renamed() { echo 1 >"$A/old" && cat "$B/old" >/dev/null && mv "$A/old" "$A/new" && wait_until 5 test ! -e "$B/old" && [ "$(cat "$B/new")" = 1 ]; }
exclusive() { # exactly one of two creators wins, a hundred times
  python3 - "$A" "$B" <<'PY'
import os, sys, threading
wins = 0
for i in range(100):
    got = []
    def create(d):
        try: os.close(os.open(f"{d}/lock.{i}", os.O_CREAT | os.O_EXCL)); got.append(d)
        except FileExistsError: pass
    threads = [threading.Thread(target=create, args=(d,)) for d in sys.argv[1:]]
    for t in threads: t.start()
    for t in threads: t.join()
    if len(got) != 1: sys.exit(f"round {i}: {got}")
    os.unlink(f"{got[0]}/lock.{i}")
PY
}
check "100 files written in one and read in the other" round "$A" "$B" 100
check "and the other way round" round "$B" "$A" 100
check "a file rewritten five times" rewrite
check "sizes and appends are seen at once" sizes
check "appends from both sides" append
check "30 MB have the same checksum" big
check "directories come and go" visible
check "a rename is seen" renamed
check "O_EXCL lets one of two win" exclusive
check "an open file outlives its removal by the other" bash -c "echo kept >'$A/open'; exec 3<'$A/open'; rm '$B/open'; [ \"\$(cat <&3)\" = kept ]"
check "unmount of the first" unmount a
check "the second goes on" bash -c "echo on >'$B/on' && [ \"\$(cat '$B/on')\" = on ]"
check "fsck is clean" fsck_clean test
finish
