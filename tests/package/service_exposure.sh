#!/usr/bin/env bash
# The hub's service may be exposed by 2.0 at most, as systemd-analyze counts (0 is none, 10 is all). Skipped (77) where there is no
# systemd-analyze that can look at a file; one that can and refuses the unit, or gives no level, is a failure.
set -euo pipefail
unit=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
printf '[Service]\nExecStart=/bin/true\n' >"$folder/plain.service"
systemd-analyze security --offline=true "$folder/plain.service" >/dev/null 2>&1 || exit 77
said=$(systemd-analyze security --offline=true "$unit" 2>&1) || { echo "systemd-analyze refused it: $said" >&2 && exit 1; }
level=$(sed -nE 's/.*Overall exposure level[^:]*: ([0-9.]+).*/\1/p' <<<"$said")
[[ -n $level ]] || { echo "systemd-analyze gave no level: $said" >&2 && exit 1; }
echo "exposure $level"
awk -v level="$level" 'BEGIN { exit !(level <= 2.0) }'
