#!/usr/bin/env bash
# 17-worker-kill.sh on what counts as a kernel before 6.2: none of the capabilities that newer ones announce in flags2 of FUSE_INIT. The kernel cannot send requests again, so a
# worker's successor finds them in the memory that the keeper holds; large files cannot be mapped shared when they go past the page cache.
# time limit: 120
export SEALFS_TEST_WITHHELD_FUSE_FLAGS=FUSE_INIT_EXT
found_requests() { grep -q 'Going on with [0-9]* requests' "$WORK/log/mount-m.log"; }
mapped_large_file() {
  python3 - "$M/large" <<'PY'
import mmap, os, sys
path, size = sys.argv[1], 80 << 20
with open(path, "wb") as f: f.truncate(size)
with open(path, "r+b") as f:
    m = mmap.mmap(f.fileno(), size)
    m[size - 5:] = b"there"
    m.flush()
    m.close()
with open(path, "rb") as f:
    f.seek(size - 5)
    sys.exit(f.read() != b"there")
PY
}
more_checks() {
  note "requests found by successors: $(grep -o 'Going on with [0-9]* requests' "$WORK/log/mount-m.log" | awk '{ n += $4 } END { print n + 0 }')"
  check "successors found requests in memory" found_requests
  check "a large file can be mapped shared" mapped_large_file
}
. "$(dirname "$0")/17-worker-kill.sh"
