#!/usr/bin/env bash
# run.sh: everything that must pass, from a clean clone: packages, build without warnings, format, every test project, every test/e2e script.
#
#   test/run.sh [--soak] [--only WORD] [--no-install]
#
#   --soak        the long versions of the end-to-end tests (a minute for each load instead of seconds)
#   --only WORD   only the test projects and scripts whose path contains WORD (format and warnings are still checked)
#   --no-install  do not call apt-get
#
# Prints "N passed, N failed, N skipped" alone on its last line; exit code 0 when nothing failed. A test project counts its cases; an end-to-end
# script counts as one, or as the cases that it prints ("ok: NAME", "failed: NAME", "skipped: NAME: REASON"). Logs are in .build/test-logs.
set -u -o pipefail
cd "$(dirname "$0")/.." || exit 2
ROOT=$PWD
LOGS=$ROOT/.build/test-logs
PACKAGES="fio stress-ng rsync sqlite3 attr acl fuse3 git gcc libc6-dev make python3 procps iproute2 util-linux e2fsprogs xfsprogs mmdebstrap"
ONLY="" INSTALL=yes
export SEALFS_SOAK="" DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
while [ $# -gt 0 ]; do
  case $1 in
    --soak) SEALFS_SOAK=yes ;;
    --only) ONLY=${2:?--only needs a word}; shift ;;
    --no-install) INSTALL="" ;;
    *) sed -n '2,/^set/p' "$0" | grep '^#' | cut -c3-; exit 64 ;;
  esac
  shift
done
passed=0 failed=0 skipped=0 failures=()

step() { printf '\n== %s (%s s)\n' "$*" "$SECONDS"; }
pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); failures+=("$1"); echo "FAILED: $1"; }
wanted() { case $1 in *"$ONLY"*) true ;; *) false ;; esac; }

finish() {
  if [ ${#failures[@]} -gt 0 ]; then printf '\nFailed:\n'; printf '  %s\n' "${failures[@]}"; echo "Logs: $LOGS"; fi
  printf '\n%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
  [ "$failed" = 0 ]; exit
}

install_packages() {
  [ -n "$INSTALL" ] && command -v apt-get >/dev/null || return 0
  local missing="" p sudo=""
  for p in $PACKAGES; do dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q '^install ok installed' || missing="$missing $p"; done
  [ -n "$missing" ] || return 0
  step "installing$missing"
  [ "$(id -u)" = 0 ] || sudo="sudo -n"
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get update -q </dev/null >"$LOGS/apt.log" 2>&1
  # What cannot be installed is not the end: the scripts that need it say so and are skipped.
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing </dev/null >>"$LOGS/apt.log" 2>&1 ||
    echo "some packages could not be installed; see $LOGS/apt.log"
}

# An engine for test/containers, where none runs: of the tests' own, stopped at the end. Without one they are skipped.
ENGINE=""
start_engine() {
  wanted test/containers && [ -z "${DOCKER_HOST:-}" ] && [ "$(id -u)" = 0 ] || return 0
  ! bash test/containers/engine.sh ask /var/run/docker.sock || return 0
  step "container engine"
  [ -z "$INSTALL" ] || bash test/containers/engine.sh install >>"$LOGS/apt.log" 2>&1
  ENGINE=$(mktemp -d "${TMPDIR:-/tmp}/sealfs-engine.XXXXXX")
  if bash test/containers/engine.sh start "$ENGINE" >"$LOGS/engine.log" 2>&1; then export DOCKER_HOST=unix://$ENGINE/docker.sock; else tail -3 "$LOGS/engine.log"; stop_engine; fi
}
stop_engine() { [ -z "$ENGINE" ] || bash test/containers/engine.sh stop "$ENGINE"; ENGINE=""; }

# Beforehand, since it takes longer than a test may.
make_images() {
  wanted test/containers && { [ -n "${DOCKER_HOST:-}" ] || [ -S /var/run/docker.sock ]; } || return 0
  step "container images"
  if ! bash test/kube/image.sh </dev/null >"$LOGS/images.log" 2>&1; then
    tail -3 "$LOGS/images.log"
    fail "container images"
  fi
}

# Warnings are errors (Directory.Build.props), so a build that succeeds has none.
build() {
  step "build"
  if dotnet build SealFs.sln -v q --nologo -clp:NoSummary </dev/null >"$LOGS/build.log" 2>&1; then pass; return; fi
  grep -E 'error' "$LOGS/build.log" | sort -u | head -20
  fail "build"
  finish
}

publish() {
  step "publish"
  export SEALFS_TEST_PROGRAM=$ROOT/.build/cli/sealfs   # tests that start the program start this one, not the one that a compiler at run time runs
  if ./sealfs --version </dev/null >"$LOGS/publish.log" 2>&1; then pass; return; fi
  tail -5 "$LOGS/publish.log"
  fail "publish"
  finish
}

check_format() {
  step "format"
  if dotnet format SealFs.sln --verify-no-changes --no-restore </dev/null >"$LOGS/format.log" 2>&1; then pass; return; fi
  grep -E 'error|warning' "$LOGS/format.log" | sort -u | head -10
  fail "format"
}

run_project() { # test/NAME
  local name=${1#test/} log="$LOGS/${1//\//-}.log" counts rc
  step "$1"
  timeout --kill-after=10 1200 "$(ls "$1"/bin/Debug/net*/SealFs.*.Tests | head -1)" -noLogo -noColor </dev/null >"$log" 2>&1; rc=$?
  # "   SealFs.X.Tests  Total: 20, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0, Time: 0.223s"
  counts=$(sed -n 's/.* Total: \([0-9]*\), Errors: \([0-9]*\), Failed: \([0-9]*\), Skipped: \([0-9]*\),.*/\1 \2 \3 \4/p' "$log" | tail -1)
  if [ -z "$counts" ] && [ "$rc" = 0 ] && grep -q ' Total: 0$' "$log"; then echo "no cases"; return; fi
  if [ -z "$counts" ]; then fail "$name: no summary, exit code $rc"; tail -20 "$log"; return; fi
  set -- $counts
  passed=$((passed + $1 - $2 - $3 - $4)) failed=$((failed + $2 + $3)) skipped=$((skipped + $4))
  echo "$1 cases, $(($2 + $3)) failed, $4 skipped"
  grep -A 1 -F '[SKIP]' "$log" | head -20
  if [ $(($2 + $3)) -gt 0 ]; then
    failures+=("$name: $(grep -F '[FAIL]' "$log" | sed 's/ *\[FAIL\]//; s/^ *//' | head -5 | tr '\n' ';')")
    grep -A 12 -F '[FAIL]' "$log" | head -80
  elif [ "$rc" != 0 ] && [ "$1" != 0 ]; then fail "$name: exit code $rc"; tail -20 "$log"; fi
}

run_script() { # test/e2e/NAME.sh
  local name=${1#test/} log="$LOGS/$(basename "$1" .sh).log" limit rc counts began=$SECONDS
  limit=$(sed -n 's/^# time limit: \([0-9]*\).*/\1/p' "$1" | head -1)
  [ -z "$SEALFS_SOAK" ] || limit=$((${limit:-120} * 4))
  printf '\n-- %s\n' "$name"
  SEALFS_TEST_LOGS="$LOGS/$(basename "$1" .sh)" timeout --kill-after=30 "${limit:-120}" bash "$1" </dev/null >"$log" 2>&1; rc=$?
  grep -E '^(ok|failed|skipped|note): ' "$log"
  counts=$(awk '/^ok: / { o++ } /^failed: / { f++ } /^skipped: / { s++ } END { print o + 0, f + 0, s + 0 }' "$log")
  set -- "$name" $counts
  passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
  [ "$3" = 0 ] || failures+=("$name: $(grep '^failed: ' "$log" | cut -c9- | head -3 | tr '\n' ';')")
  case $rc in
    0) [ $(($2 + $3 + $4)) -gt 0 ] || pass ;;
    124 | 137) fail "$name: not done after ${limit:-120} s" ;;
    *) [ "$3" -gt 0 ] || fail "$name: exit code $rc" ;;
  esac
  [ "$rc" = 0 ] || tail -25 "$log" | sed 's/^/   | /'
  echo "   $((SECONDS - began)) s"
}

mkdir -p "$LOGS"
install_packages
command -v dotnet >/dev/null || { echo "The .NET 10 SDK is missing: see README.md"; fail "dotnet"; finish; }
build
check_format
publish
start_engine
trap stop_engine EXIT
make_images
for project in $(ls -d test/*/ | sed 's,/$,,'); do
  ls "$project"/*.csproj >/dev/null 2>&1 && wanted "$project" && run_project "$project"
done
for script in test/e2e/[0-9a-z]*.sh; do
  case $script in */lib.sh) continue ;; esac
  [ -f "$script" ] && wanted "$script" && run_script "$script"
done
finish
