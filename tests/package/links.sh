#!/usr/bin/env bash
# links.sh FOLDER: whether every link of the pages below FOLDER to another file leads somewhere.
set -euo pipefail
cd "$1"
pages=0 bad=''
while read -r page; do
  pages=$((pages + 1))
  while read -r target; do
    [[ $target == *://* || -e $(dirname "$page")/$target ]] && continue
    echo "$page links to $target, which is not there" >&2
    bad=1
  done < <(grep -oE '\]\([^)#[:space:]]+(#[^)]*)?\)' "$page" | sed -E 's/^\]\(//; s/[#)].*$//')
done < <(find . -name '*.md')
((pages > 10)) || { echo "there are no pages below $1" >&2 && exit 1; }
[[ -z $bad ]]
