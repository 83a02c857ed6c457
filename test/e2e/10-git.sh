#!/usr/bin/env bash
# git clone, fsck, commit, gc, and a checkout of another state, in a mount on three nodes.
# time limit: 240
. "$(dirname "$0")/lib.sh"
need git
git config --global user.name Test && git config --global user.email test@localhost && git config --global gc.auto 0 && git config --global --add safe.directory '*'
start_cluster
mount_volume m test
M=$WORK/m

# The project's own repository when this is one, and a generated one with thousands of files.
generate() {
  python3 "$ROOT/test/e2e/make_tree.py" "$WORK/origin" 3000 120 && cd "$WORK/origin" && git init -q . && git add . && git commit -q -m one &&
    find . -name 'file*1.txt' -exec sh -c 'echo changed >>"$1"' _ {} \; && git commit -q -a -m two && git branch -q side HEAD~1
}
check "a repository of 3,000 files is generated" generate
cd "$M" || exit 1
check "git clone" git clone -q --no-hardlinks "$WORK/origin" generated
check "git fsck of the clone" git -C generated fsck --full --strict --no-progress
check "the clone has the same tree" bash -c "[ \"\$(git -C generated rev-parse HEAD^{tree})\" = \"\$(git -C '$WORK/origin' rev-parse HEAD^{tree})\" ]"
check "the checkout is clean" bash -c '[ -z "$(git -C generated status --porcelain)" ]'
check "the files are those of the original" diff -r --exclude=.git "$WORK/origin" generated
check "git checkout of another state" git -C generated checkout -q origin/side
check "and back" git -C generated checkout -q origin/HEAD
edit_and_commit() { cd "$M/generated" && git checkout -q -b work && for d in src/d0[0-3]; do echo x >"$d/new"; git mv "$d" "$d.moved"; done && git add . && git commit -q -m moved && git gc -q && git fsck --no-progress; }
check "rename directories, commit, gc" edit_and_commit
if [ -e "$ROOT/.git" ]; then
  check "git clone of this project" git clone -q --no-hardlinks "$ROOT" "$M/project"
  check "git fsck of it" git -C "$M/project" fsck --no-progress
else
  skip "git clone of this project" "the tests run outside a git checkout"
fi
check "rm -rf" bash -c "rm -rf '$M/generated' '$M/project' && [ -z \"\$(ls -A '$M')\" ]"
cd /
check "fsck is clean" fsck_clean test
finish
