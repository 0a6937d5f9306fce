#!/usr/bin/env bash
# What the pages promise of the agent's service, looked at in its unit.
set -euo pipefail
unit=$1
has() { grep -qxF -- "$1" "$unit" || { echo "the unit lacks $1" >&2 && exit 1; }; }

# With "mixed" systemd kills the driver's process as soon as its agent is gone, in the moment in which it is to halt; with "process"
# nobody ends one that is frozen.
has KillMode=control-group
# With "stop" a driver that the kernel ends for its memory takes the agent along, which is to open the device anew at once.
has OOMPolicy=continue
# For sockets that other programs on the machine find: everything else is read-only, or for the agent's eyes only.
has RuntimeDirectory=%N
has RuntimeDirectoryMode=0755
for kind in i2c spi gpiochip video4linux alsa ttyACM ttyUSB ttyAMA ttyS watchdog; do has "DeviceAllow=char-$kind rw"; done
