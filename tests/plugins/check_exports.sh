#!/bin/sh
# check_exports.sh FOLDER...: fails unless every plugin library below the folders exports rh_plugin_v* and nothing else,
# and brings no parser of video into the hub, which loads them all.
set -eu
found=0
bad=0
for folder in "$@"; do
  [ -d "$folder" ] || continue
  for library in "$folder"/*/*/*.so; do
    [ -f "$library" ] || continue
    found=$((found + 1))
    symbols=$(nm -D --defined-only "$library" | awk '{print $3}')
    if ! printf '%s\n' "$symbols" | grep -qx 'rh_plugin_v1'; then
      echo "$library does not export rh_plugin_v1" >&2
      bad=1
    fi
    others=$(printf '%s\n' "$symbols" | grep -vx 'rh_plugin_v[0-9]*' || true)
    if [ -n "$others" ]; then
      echo "$library exports more than its entry:" >&2
      printf '%s\n' "$others" >&2
      bad=1
    fi
    if readelf -d "$library" | grep -q 'NEEDED.*libav'; then
      echo "$library brings libavformat or libavcodec into every process that loads it" >&2
      bad=1
    fi
  done
done
[ "$found" -gt 0 ] || { echo "no plugin was found" >&2; exit 1; }
echo "$found libraries looked at"
exit "$bad"
