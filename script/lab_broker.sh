# The lab's MQTT broker: mosquitto with config/mosquitto, a password of its own and ports of this machine alone. Sourced by
# script/server, which has set root, data and port, behind common.sh.
# shellcheck shell=bash disable=SC2154

broker_pid='' broker_port='' broker_anonymous_port=''

# Starts it and sets broker_pid and its ports; leaves broker_pid empty where there is no mosquitto.
start_broker() {
  local folder=$data/mqtt program log=$data/log/mqtt.log attempt i
  program=$(command -v mosquitto || command -v /usr/sbin/mosquitto) || {
    say "There is no mosquitto here, so the lab has no MQTT broker."
    return 0
  }
  mkdir -p "$folder"
  if [[ ! -s $folder/hub.password || ! -s $folder/passwords ]]; then
    head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$folder/hub.password"
    echo "hub:$(<"$folder/hub.password")" >"$folder/passwords"
    chmod 600 "$folder/passwords" "$folder/hub.password"
    mosquitto_passwd -U "$folder/passwords"
  fi
  cp "$root/config/mosquitto/acl" "$root/config/mosquitto/acl-anonymous" "$folder/"
  # The usual ports first; whoever asks for a free one for people wants free ones here too.
  for ((attempt = 0; attempt < 20; attempt++)); do
    broker_port=1884 broker_anonymous_port=1883
    if ((attempt > 0)) || [[ $port == 0 ]]; then
      broker_port=$((20000 + RANDOM % 20000)) broker_anonymous_port=$((broker_port + 1))
    fi
    sed -e "s|/etc/mosquitto/robohub|$(as_replacement "$folder")|" -e "s|^listener 1884 |listener $broker_port |" \
      -e "s|^listener 1883 |listener $broker_anonymous_port |" "$root/config/mosquitto/mosquitto.conf" >"$folder/mosquitto.conf"
    echo "user $(id -un)" >>"$folder/mosquitto.conf"
    "$program" -c "$folder/mosquitto.conf" >"$log" 2>&1 </dev/null &
    broker_pid=$!
    for ((i = 0; i < 100; i++)); do
      if grep -q ' running$' "$log"; then return 0; fi
      kill -0 "$broker_pid" 2>/dev/null || break
      sleep 0.05
    done
    kill -KILL "$broker_pid" 2>/dev/null || true
    wait "$broker_pid" 2>/dev/null || true
    broker_pid=''
  done
  say "The lab's MQTT broker did not start, see $log; the hub runs without it."
}

# lab_settings FILE TO: the lab's settings with absolute paths, and with the broker.
lab_settings() {
  local here
  here=$(as_replacement "$root")
  sed -e "s|\(: *\)\.\./|\1$here/|" -e "s|^\( *- *\)\.\./|\1$here/|" "$1" >"$2"
  cat >>"$2" <<SETTINGS

mqtt:
  broker: mqtt://127.0.0.1:$broker_port
  user: hub
  password_file: "$data/mqtt/hub.password"
SETTINGS
}
