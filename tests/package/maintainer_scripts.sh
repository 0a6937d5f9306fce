#!/usr/bin/env bash
# maintainer_scripts.sh CONFIG: lets the package's postinst configure a Debian that knows no gpio, i2c, spi and audio, by programs that
# only note what they were asked for. chroot.sh tries a real one.
# shellcheck disable=SC2016 # for the programs to expand
set -euo pipefail
config=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/bin" "$folder/groups"
die() { echo "$*" >&2 && exit 1; }
stand_in() { # NAME TEXT
  printf '#!/bin/sh\necho "%s $*" >>"%s/asked"\n%s\n' "$1" "$folder" "$2" >"$folder/bin/$1"
  chmod +x "$folder/bin/$1"
}
for name in adduser install udevadm systemctl deb-systemd-helper deb-systemd-invoke; do stand_in "$name" ''; done
stand_in timeout 'shift && exec "$@"'
stand_in getent "[ \"\$1\" != group ] || [ -e '$folder/groups/'\"\$2\" ]"
stand_in addgroup "for name; do :; done; : >'$folder/groups/'\"\$name\""
for group in video dialout; do : >"$folder/groups/$group"; done

# Nothing else is in reach of it.
PATH=$folder/bin /bin/sh "$config/debian/postinst" configure >"$folder/said" || die "postinst failed: $(cat "$folder/said")"
asked() { grep -qxF -- "$1" "$folder/asked" || die "postinst did not ask for: $1"; }
for group in i2c spi gpio; do
  asked "addgroup --system --quiet $group"
  asked "adduser --quiet robohub-agent $group"
  grep -q "GROUP=\"$group\"\|chgrp -R $group " "$config/udev/00-robohub-agent.rules" || die "no rule gives anything to $group"
done
for group in video dialout; do
  asked "adduser --quiet robohub-agent $group"
  ! grep -qx "addgroup .* $group" "$folder/asked" || die "postinst makes the group $group, which is there"
done
! grep -qx 'adduser .* audio' "$folder/asked" || die "postinst wants the agent in a group that is not there"
