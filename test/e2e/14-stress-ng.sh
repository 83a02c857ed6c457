#!/usr/bin/env bash
# The file system stressors of stress-ng, one after the other: a few seconds each here, a minute each with --soak.
# time limit: 420
# STRESSORS: only these.
. "$(dirname "$0")/lib.sh"
need stress-ng
start_cluster
mount_volume m test
M=$WORK/m
T=$(seconds 4 60)
mkdir "$M/s"
HELP=$(stress-ng --help 2>/dev/null)
# Left out: stressors that measure the kernel alone, and those that need a block device.
for stressor in ${STRESSORS:-access chdir chmod chown copy-file dentry dir dirdeep dirmany fallocate file-ioctl filename flock fpunch fstat getdent hdd iomix lease link \
  locka lockf lockofd mknod open readahead rename seek sendfile symlink sync-file touch utime verity xattr}; do
  if ! grep -qE -- "--$stressor N" <<<"$HELP"; then skip "stress-ng $stressor" "this stress-ng does not have it"; continue; fi
  out=$(cd "$M/s" && stress-ng --temp-path "$M/s" --"$stressor" 2 --timeout "$T" --verify --metrics-brief --oom-avoid 2>&1 || echo "exit code $?")
  if grep -qiE 'skipp|not (supported|implemented)|unimplemented' <<<"$out" && ! grep -qE 'fail|error' <<<"$out"; then
    skip "stress-ng $stressor" "$(grep -iE 'skipp|not (supported|implemented)|unimplemented' <<<"$out" | head -1 | sed 's/.*] //')"
  elif grep -qE 'exit code|stress-ng: (fail|error)' <<<"$out"; then echo "$out"; failed "stress-ng $stressor"
  else ok "stress-ng $stressor"; fi
done
check "nothing is left behind" bash -c "rm -rf '$M/s' && [ -z \"\$(ls -A '$M')\" ]"
check "fsck is clean" fsck_clean test
finish
