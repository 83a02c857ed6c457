#!/usr/bin/env bash
# Names of 255 bytes, names that are not text, paths of 4,095 bytes, 100,000 files in a directory, a sparse file of 100 GiB, deep trees.
# time limit: 240
. "$(dirname "$0")/lib.sh"
start_cluster
mount_volume m test
M=$WORK/m
names() {
  python3 - "$M" <<'PY'
import os, sys
d = os.fsencode(sys.argv[1]) + b"/names"
os.mkdir(d)
names = [b"n" * 255, bytes(range(1, 47)) + bytes(range(48, 256)), b"\xff\xfe", b"$HOME", b"a\nb", b" ", b"-rf", b"..x", "ü€𝄞".encode(), b"*", b"\\"]
for i, n in enumerate(names):
    with open(d + b"/" + n, "wb") as f: f.write(b"%d" % i)
assert sorted(os.listdir(d)) == sorted(names), set(os.listdir(d)) ^ set(names)
for i, n in enumerate(names):
    assert open(d + b"/" + n, "rb").read() == b"%d" % i, n
for bad, error in ((b"n" * 256, 36),):
    try: open(d + b"/" + bad, "wb")
    except OSError as e: assert e.errno == error, e
    else: raise SystemExit("a name of 256 bytes was accepted")
for n in names: os.unlink(d + b"/" + n)
os.rmdir(d)
PY
}
deep() { # a path of 4,095 bytes, reached step by step, then named whole
  python3 - "$M" <<'PY'
import os, sys
base = sys.argv[1] + "/deep"
os.mkdir(base); os.chdir(base)
path, depth = base, 0
while len(path) + 201 < 4094 - 2:
    name = "d" * 200; os.mkdir(name); os.chdir(name); path += "/" + name; depth += 1
path += "/" + "f" * (4095 - len(path) - 1)
assert len(path) == 4095
with open(path, "w") as f: f.write("deep")
assert open(path).read() == "deep" and os.stat(path).st_size == 4
os.chdir("/")
PY
  rm -rf "$M/deep"
}
many() {
  python3 - "$M" "$1" <<'PY'
import os, sys, time
d, n = sys.argv[1] + "/many", int(sys.argv[2])
os.mkdir(d)
began = time.monotonic()
for i in range(n): os.close(os.open(f"{d}/file.{i}", os.O_CREAT | os.O_EXCL | os.O_WRONLY))
made = time.monotonic()
names = os.listdir(d)
listed = time.monotonic()
assert len(names) == n and set(names) == {f"file.{i}" for i in range(n)}, len(names)
seen = set()
for i, e in enumerate(os.scandir(d)):      # entries vanish while the directory is read
    seen.add(e.name)
    if i % 2 == 0: os.unlink(e.path)
assert len(seen) == n, len(seen)
left = os.listdir(d)
assert len(left) == n // 2, len(left)
assert os.stat(d).st_nlink == 2
for name in left: os.unlink(f"{d}/{name}")
os.rmdir(d)
print(f"note: {n} files in one directory: {n / (made - began):.0f} creates/s, listed in {listed - made:.1f} s, removed in {time.monotonic() - listed:.1f} s")
PY
}
sparse() {
  python3 - "$M" <<'PY'
import os, sys
p, size = sys.argv[1] + "/sparse", 100 << 30
fd = os.open(p, os.O_CREAT | os.O_RDWR)
os.ftruncate(fd, size)
marks = [0, 4095, (4 << 20) - 3, 1 << 30, 50 << 30, size - 7]
for m in marks: os.pwrite(fd, b"mark%03d" % (m % 997), m)
os.fsync(fd)
st = os.fstat(fd)
assert st.st_size == size, st.st_size
assert st.st_blocks * 512 < 64 << 20, st.st_blocks
for m in marks: assert os.pread(fd, 7, m) == b"mark%03d" % (m % 997), m
assert os.pread(fd, 1 << 20, 10 << 30) == bytes(1 << 20)
data = os.lseek(fd, 8 << 20, os.SEEK_DATA)
assert data <= 1 << 30, data
assert os.lseek(fd, 0, os.SEEK_END) == size
os.close(fd); os.unlink(p)
PY
}
wide() { mkdir "$M/wide" && (cd "$M/wide" && seq 1 3000 | xargs mkdir) && [ "$(stat -c %h "$M/wide")" = 3002 ] && rmdir "$M"/wide/* "$M/wide"; }
check "odd names and names of 255 bytes" names
check "a path of 4,095 bytes" deep
check "100,000 files in one directory" many 100000
check "a sparse file of 100 GiB" sparse
check "3,000 directories in one" wide
check "df shows the volume" bash -c "df '$M' | grep -q sealfs"
check "fsck is clean" fsck_clean test
finish
