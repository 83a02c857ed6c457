#!/usr/bin/env bash
# tar, diff -r, cp -a, rsync -a twice and rm -rf of a tree with 5,000 small files.
# time limit: 240
. "$(dirname "$0")/lib.sh"
need rsync tar
start_cluster
mount_volume m test
M=$WORK/m
T=$WORK/tree.tar
python3 "$ROOT/test/e2e/make_tree.py" "$T" || exit 2
mkdir "$WORK/original" "$M/a" && tar xf "$T" -C "$WORK/original"
# What the small files do not have: links, modes, odd names, an old date, an empty directory, a big file.
odd() {
  cd "$WORK/original" && ln -s src/d00 link && ln src/d00/m000/"$(ls src/d00/m000 | head -1)" hard && mkdir -m 0700 empty && mkfifo -m 0640 pipe &&
    printf x >"$(printf 'name with \n newline, $dollar and \xff\xfe')" && : >"$(printf 'n%.0s' $(seq 255))" && touch -d 2001-02-03T04:05:06.789012345 src/d01 &&
    chmod 4755 hard && head -c 9000001 /dev/urandom >big && truncate -s 50M sparse && tar --format=posix -cf "$T" .
}
check "the original is made" odd
# Everything about a tree except what must differ: type, mode, owner, size, time, link target, content by diff.
list() { (cd "$1" && find . -printf '%P|%y|%m|%U|%G|%n|%l|%T@' \( -type d -o -printf '|%s' \) -printf '\n' | sort); }
same_tree() { diff <(list "$1") <(list "$2") && diff -r --no-dereference "$1" "$2" -x pipe; }
same_content() { diff -r --no-dereference -x pipe "$1" "$2"; }

check "tar x" tar xpf "$T" -C "$M/a"
check "diff -r finds no difference" same_content "$WORK/original" "$M/a"
check "modes, owners, times and links are the original's" same_tree "$WORK/original" "$M/a"
check "cp -a" cp -a "$M/a" "$M/b"
check "the copy is the same" same_tree "$M/a" "$M/b"
check "rsync -a" rsync -aH --numeric-ids "$WORK/original/" "$M/c/"
check "the second rsync finds nothing to do" bash -c "out=\$(rsync -aH --numeric-ids --itemize-changes '$WORK/original/' '$M/c/'); echo \"\$out\" | head; [ -z \"\$out\" ]"
check "rsync with checksums finds nothing either" bash -c "[ -z \"\$(rsync -aHc --itemize-changes '$WORK/original/' '$M/c/')\" ]"
check "the rsynced tree is the same" same_tree "$WORK/original" "$M/c"
check "tar c of the mount gives the same tree" bash -c "mkdir '$WORK/back' && tar --format=posix -cf - -C '$M/a' . | tar xpf - -C '$WORK/back'"
check "which is the original" same_tree "$WORK/original" "$WORK/back"
check "grep -r counts the same" bash -c "[ \$(grep -r needle '$M/a/src' | wc -l) = \$(grep -r needle '$WORK/original/src' | wc -l) ]"
check "rm -rf" rm -rf "$M/a" "$M/b" "$M/c"
check "nothing is left" bash -c "[ -z \"\$(ls -A '$M')\" ]"
check "fsck is clean" fsck_clean test
finish
