#!/usr/bin/env bash
# The hub's service may be exposed by 2.0 at most, as systemd-analyze counts (0 is none, 10 is all). Skipped (77) where there is no
# systemd-analyze that can look at a file.
set -euo pipefail
unit=$1
command -v systemd-analyze >/dev/null || exit 77
said=$(systemd-analyze security --offline=true "$unit" 2>&1) || exit 77
level=$(sed -nE 's/.*Overall exposure level[^:]*: ([0-9.]+).*/\1/p' <<<"$said")
[[ -n $level ]] || { echo "systemd-analyze gave no level" >&2 && exit 77; }
echo "exposure $level"
awk -v level="$level" 'BEGIN { exit !(level <= 2.0) }'
