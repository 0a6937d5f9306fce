#!/usr/bin/env bash
# What the pages promise of the hub's service, looked at in its unit.
set -euo pipefail
unit=$1
has() { grep -qxF -- "$1" "$unit" || { echo "the unit lacks $1" >&2 && exit 1; }; }

# With "control-group" the programs that write its videos are told to end along with the hub, before it could have them finish; and
# one that is busy would hold up the hub's next start when the hub itself was killed.
has KillMode=mixed
# Reading a large database and many captures takes minutes on a slow disk; a hub that is ended meanwhile begins anew for ever.
has TimeoutStartSec=infinity
