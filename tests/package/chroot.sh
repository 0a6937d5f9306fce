#!/usr/bin/env bash
# Usage: tests/package/chroot.sh OLD.deb NEW.deb FOLDER [--help]
#
# Installs OLD in a fresh minimal Debian 12 below FOLDER, starts the hub there, upgrades to NEW (a higher version), removes and purges
# it, and looks after each step. Run by hand: it needs root, debootstrap and a Debian mirror (the one of this machine's apt).
# The Debian in FOLDER stays for the next run; remove it when you are done.
set -euo pipefail

usage() { awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"; }
[[ ${1:-} != --help ]] || { usage && exit; }
(($# == 3)) || { usage >&2 && exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
old=$(realpath "$1") new=$(realpath "$2") folder=$3
((EUID == 0)) || { echo "chroot.sh: only root can do this" >&2 && exit 1; }

hub_pid=''
clean_up() {
  [[ -z $hub_pid ]] || kill -KILL "$hub_pid" 2>/dev/null || true
  for mounted in proc dev; do umount -l "$folder/$mounted" 2>/dev/null || true; done
}
trap clean_up EXIT
die() { echo "FAILED: $*" >&2 && exit 1; }
ok() { echo "ok: $*"; }
# The environment is the chroot's own: nothing of the caller's may leak in.
enter=(env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 chroot "$folder")
inside() { "${enter[@]}" "$@"; }

if [[ ! -x $folder/usr/bin/dpkg || ! -f $folder/.complete ]]; then
  mirror=$(awk '/^URIs:/ { print $2; exit } /^deb / { for (i = 2; i <= NF; i++) if ($i ~ /^http/) { print $i; exit } }' \
    /etc/apt/sources.list /etc/apt/sources.list.d/*.sources 2>/dev/null || true)
  debootstrap --variant=minbase --include=init-system-helpers bookworm "$folder" "${mirror:-http://deb.debian.org/debian}"
  cp -a /etc/apt/apt.conf.d/. "$folder/etc/apt/apt.conf.d/"
  touch "$folder/.complete"
fi
cp /etc/resolv.conf "$folder/etc/resolv.conf" 2>/dev/null || true
# No service starts by itself in here: there is no systemd.
printf '#!/bin/sh\nexit 101\n' >"$folder/usr/sbin/policy-rc.d"
chmod +x "$folder/usr/sbin/policy-rc.d"
mount -t proc proc "$folder/proc"
mount --bind /dev "$folder/dev"
inside dpkg --purge robohub >/dev/null 2>&1 || true
inside apt-get update -qq

start_hub() {
  # Not through a function: a shell in between would take the signals that are meant for the hub.
  "${enter[@]}" setpriv --reuid robohub --regid robohub --clear-groups \
    /usr/bin/robohub serve --config /etc/robohub/robohub.yaml --port 0 >"$folder/tmp/hub.out" 2>&1 &
  hub_pid=$!
  for ((i = 0; i < 200; i++)); do
    url=$(sed -n 's|^robohub: listening at \(http.*/\)$|\1|p' "$folder/tmp/hub.out")
    [[ -z $url ]] || break
    kill -0 "$hub_pid" 2>/dev/null || break
    sleep 0.05
  done
  [[ -n $url ]] || die "the hub does not start: $(tail -n 5 "$folder/tmp/hub.out")"
}
end_hub() {
  kill -TERM "$hub_pid"
  wait "$hub_pid" || die "the hub ended with status $?"
  hub_pid=''
}
# Root's commands in there, as the manual has them.
hub() { inside robohub "$@" --config /etc/robohub/robohub.yaml; }

cp "$old" "$folder/tmp/old.deb"
cp "$new" "$folder/tmp/new.deb"
inside apt-get install -y -qq --no-install-recommends /tmp/old.deb >"$folder/tmp/install.log" 2>&1 ||
  die "installing: $(tail -n 5 "$folder/tmp/install.log")"
[[ $(stat -c '%U %a' "$folder/var/lib/robohub" | sed "s/^UNKNOWN/robohub/") == *700 ]] || die "the data folder has another mode"
inside test "$(inside stat -c %U /var/lib/robohub)" = robohub || die "the data folder is not the hub's"
inside robohub --version
inside robohub check-config /etc/robohub/robohub.yaml
"$here/links.sh" "$folder/usr/share/doc/robohub" || die "a page of the package leads nowhere"
ok "installed; nobody but robohub may enter the data folder; what the pages link to is there"

start_hub
curl --disable --noproxy '*' --silent --fail "$url" | grep -q '<title>' || die "the page is not there"
hub setup-code | grep -qE '^[0-9A-Z-]+$' || die "no setup code"
echo "correct horse battery staple" >"$folder/tmp/password"
hub user add ada --role administrator --password-file /tmp/password
hub device enrol d1 --type laser_turret >/dev/null
hub plugin list | grep -q laser_turret || die "the plugin was not loaded: $(grep -i plugin "$folder/tmp/hub.out")"
hub backup /var/lib/robohub/b.tar
hub device list | grep -qw d1 || die "the device is not listed"
end_hub
ok "started: page, setup code, plugin, account, device, backup"

# As root while no hub runs: what it makes must stay the hub's.
hub device enrol d2 --type laser_turret >/dev/null
strangers=$(inside find /var/lib/robohub ! -user robohub)
[[ -z $strangers ]] || die "root's commands leave files that the hub may not use: $strangers"
ok "root's commands without a hub leave everything to the hub's user"

printf '\n# mine\n' >>"$folder/etc/robohub/robohub.yaml"
inside apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold /tmp/new.deb \
  >"$folder/tmp/upgrade.log" 2>&1 || die "upgrading: $(tail -n 5 "$folder/tmp/upgrade.log")"
# shellcheck disable=SC2016 # for dpkg-query to expand
[[ $(inside dpkg-query -W -f '${Version}' robohub) == "$(dpkg-deb -f "$new" Version)" ]] || die "not the new version"
tail -n 1 "$folder/etc/robohub/robohub.yaml" | grep -q '^# mine$' || die "the settings were not kept"
start_hub
hub device list | grep -qw d1 || die "the device is lost"
hub user list | grep -qw ada || die "the account is lost"
end_hub
ok "upgraded: settings, devices and accounts are there"

for group in gpio i2c spi; do
  [[ " $(inside id -nG robohub-agent) " == *" $group "* ]] || die "the agent's user is not in the group $group"
  grep -q "GROUP=\"$group\"" "$folder/usr/lib/udev/rules.d/00-robohub-agent.rules" || die "no rule for udev names the group $group"
done
for unit in robohub.service robohub-agent.service robohub-agent@.service; do
  [[ -f $folder/usr/lib/systemd/system/$unit ]] || die "$unit is not there"
done
ok "the hardware's groups, the rules for them and the services are there"

hub restore /var/lib/robohub/b.tar
strangers=$(inside find /var/lib/robohub ! -user robohub)
[[ -z $strangers ]] || die "a restore by root leaves files that the hub may not use: $strangers"
start_hub
hub device list | grep -qw d1 || die "the restored hub lacks its device"
hub device list | grep -qw d2 && die "the restored hub has a device from after the backup"
end_hub
ok "restored by root, started as the hub's user"

inside apt-get remove -y -qq robohub >"$folder/tmp/remove.log" 2>&1 || die "removing: $(tail -n 5 "$folder/tmp/remove.log")"
[[ -f $folder/var/lib/robohub/hub.db && -f $folder/etc/robohub/robohub.yaml ]] || die "removing took data or settings"
[[ ! -e $folder/usr/bin/robohub ]] || die "removing left the program"
ok "removed: settings and data stay"
# As systemd would have made it.
inside install -d -m 0750 -o robohub -g robohub /var/log/robohub
inside install -d -m 0700 -o robohub-agent -g robohub-agent /var/lib/robohub-agent-turret
install -d "$folder/var/lib/robohub-agent-of-somebody-else"
inside apt-get purge -y -qq robohub >"$folder/tmp/purge.log" 2>&1 || die "purging: $(tail -n 5 "$folder/tmp/purge.log")"
for left in /etc/robohub /var/lib/robohub /var/lib/robohub-agent /var/lib/robohub-agent-turret /var/log/robohub \
  /usr/share/robohub /usr/lib/robohub; do
  [[ ! -e $folder$left ]] || die "purging left $left"
done
[[ -d $folder/var/lib/robohub-agent-of-somebody-else ]] || die "purging took a folder that is not ours"
rmdir "$folder/var/lib/robohub-agent-of-somebody-else"
! inside getent passwd robohub robohub-agent >/dev/null || die "purging left a user"
ok "purged: nothing is left"
