#!/usr/bin/env bash
# documents.sh BUILD: puts the pages of the package into a folder of their own, and follows their links there.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
DESTDIR=$folder cmake --install "$1" --prefix /usr --component documents >/dev/null
"$(dirname "$0")/links.sh" "$folder/usr/share/doc/robohub"
