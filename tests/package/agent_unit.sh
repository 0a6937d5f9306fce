#!/usr/bin/env bash
# agent_unit.sh UNIT [SUFFIX]: what the pages promise of the agent's service, looked at in its unit; or, with a suffix of its places,
# in the unit for further devices.
set -euo pipefail
unit=$1 suffix=${2:-}
has() { grep -qxF -- "$1" "$unit" || { echo "the unit lacks $1" >&2 && exit 1; }; }
# names KEY WORD: whether one of the unit's lines of this key has the word.
names() {
  local words
  words=$(sed -n "s/^$1=//p" "$unit" | tr ' ' '\n')
  grep -qxF -- "$2" <<<"$words" || { echo "the unit lacks $1=$2" >&2 && exit 1; }
}

# With "mixed" systemd kills the driver's process as soon as its agent is gone, in the moment in which it is to halt; with "process"
# nobody ends one that is frozen.
has KillMode=control-group
# With "stop" a driver that the kernel ends for its memory takes the agent along, which is to open the device anew at once.
has OOMPolicy=continue
# For sockets that other programs on the machine find: everything else is read-only, or for the agent's eyes only.
if [[ -z $suffix ]]; then has RuntimeDirectory=%N; else has "RuntimeDirectory=robohub-agent$suffix"; fi
has RuntimeDirectoryMode=0755
for kind in i2c spi gpiochip video4linux alsa ttyACM ttyUSB ttyAMA ttyS watchdog; do has "DeviceAllow=char-$kind rw"; done
# systemd asks the kernel which kinds there are when it starts the service, and never again.
for module in i2c_dev spidev videodev snd cdc_acm usbserial; do
  for key in Wants After; do names "$key" "modprobe@$module.service"; done
done
# Two agents of one machine share nothing.
has "ConditionPathExists=/etc/robohub/agent$suffix.yaml"
has "ExecStart=/usr/bin/robohub-agent --config /etc/robohub/agent$suffix.yaml"
has "StateDirectory=robohub-agent$suffix"
has "WorkingDirectory=/var/lib/robohub-agent$suffix"
