# What the scripts of this folder share. Sourced, not run. Progress goes to standard error, so that standard output holds
# only what a script promises.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
logs=$root/build/logs
step_pid=

say() { printf '%s\n' "$*" >&2; }
die() {
  say "$(basename "$0"): $*"
  exit 1
}
# The script's own comment, from its second line to the first line that is no comment.
usage() { awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"; }
wrong_usage() {
  say "$(basename "$0"): $*; see script/$(basename "$0") --help"
  exit 2
}

# as_replacement TEXT: for the second part of sed's s|..|..|, in which & and some others are no letters.
as_replacement() { sed 's/[&|\\]/\\&/g' <<<"$1"; }

# step NAME SENTENCE COMMAND...: runs a command with its output in build/logs/NAME.log; says what goes on, and how far it is, when
# it takes longer than a moment; shows the log's end when it fails. The command runs in the background, so that a signal to
# the script is answered at once.
step() {
  local sentence=$2 log=$logs/$1.log ticks=0 status=0 progress
  shift 2
  mkdir -p "$logs"
  "$@" >"$log" 2>&1 </dev/null &
  step_pid=$!
  while kill -0 "$step_pid" 2>/dev/null; do
    sleep 0.1 &
    wait $! || true
    ticks=$((ticks + 1))
    if ((ticks == 10)); then
      say "$sentence ..."
    elif ((ticks % 150 == 0)); then
      progress=$(tail -c 400 "$log" | grep -oE '\[[0-9]+/[0-9]+\]' | tail -n 1 || true)
      say "  ... $((ticks / 10)) s $progress"
    fi
  done
  wait "$step_pid" || status=$?
  step_pid=
  if ((status != 0)); then
    say "$sentence: failed (status $status). The end of $log:"
    tail -n 40 "$log" >&2
  fi
  return "$status"
}

# For traps: ends the command of a running step.
end_step() {
  [[ -n $step_pid ]] || return 0 # a bare return has the status from before the trap
  kill -TERM "$step_pid" 2>/dev/null || true
  wait "$step_pid" 2>/dev/null || true
}

# build PRESET TARGET...: configures when needed, then builds (everything, without targets). One build of a tree at a time.
build() {
  local preset=$1 folder=$root/build/$1
  shift
  mkdir -p "$root/build"
  exec 8>"$root/build/.$preset.lock"
  flock 8
  if [[ ! -f $folder/build.ninja ]]; then
    step "configure-$preset" "Configuring $preset" cmake -S "$root" --preset "$preset" || return
  fi
  step "build-$preset" "Building $preset (the first time takes some minutes)" ninja -C "$folder" "$@" 8>&- || return
  exec 8>&-
}

# Builds the page when one of its sources is newer than what was built.
build_page() {
  local built=$root/web/dist/index.html
  if [[ -f $built && -z $(find "$root/web" -path '*/node_modules' -prune -o -path '*/dist' -prune -o -type f -newer "$built" \
    ! -path '*/tests/*' -print -quit) ]]; then
    return
  fi
  step build-page "Building the page" npm --prefix "$root/web" run build
}
