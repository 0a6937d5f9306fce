#!/bin/sh
# check_guide.sh ROBOHUB MANIFEST_PROGRAM: builds the first plugin of docs/PLUGINS.md exactly as it stands there, in a
# project of its own, and looks at what came out.
set -eu
robohub=$1
program=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The first block of a language.
block() {
  awk -v fence="\`\`\`$1" '$0 == fence && !seen { on = 1; seen = 1; next } $0 == "```" { on = 0 } on' "$robohub/docs/PLUGINS.md"
}
block cmake > "$work/CMakeLists.txt"
block cpp > "$work/lamp.cpp"

cmake -S "$work" -B "$work/build" -DROBOHUB="$robohub" -DROBOHUB_PLUGIN_MANIFEST="$program" \
  -DROBOHUB_PLUGIN_FOLDER="$work/plugins" > "$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
cmake --build "$work/build" > "$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
grep -q '"name":"shine"' "$work/plugins/lamp/1.0.0/plugin.json"
grep -q '"x-unit":"%"' "$work/plugins/lamp/1.0.0/plugin.json"
[ -f "$work/plugins/lamp/1.0.0/lamp.so" ]
[ "$(nm -D --defined-only "$work/plugins/lamp/1.0.0/lamp.so" | awk '{print $3}')" = rh_plugin_v1 ]

# A declaration that no hub would take fails the build, with its reason.
sed -i 's/rh::number("level_pct", 0, 100)}).hazardous()/rh::number("level_pct", 100, 0)}).hazardous()/' "$work/lamp.cpp"
if cmake --build "$work/build" > "$work/log" 2>&1; then
  echo "a wrong declaration was built" >&2
  exit 1
fi
grep -q 'The highest value is below the lowest' "$work/log" || { cat "$work/log" >&2; exit 1; }
