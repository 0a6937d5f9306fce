// What systemd wants to hear of a service of Type=notify (sd_notify(3)): a datagram to the socket that NOTIFY_SOCKET
// names. Without that variable every call does nothing. [any-thread], never blocks.
#pragma once
#include <chrono>
#include <optional>
#include <string_view>

namespace robohub::hub::notify {

// Is not ready yet, and what it is at: that is what `systemctl status` shows.
void starting(std::string_view status);
// Takes connections; the text is what `systemctl status` shows.
void ready(std::string_view status);
// The settings are being read again; ready() ends it.
void reloading();
// The hub is ending.
void stopping();
// "I live": call it only when every loop has answered since the last time, at least twice in each watchdogInterval().
void alive();

// How often systemd wants to hear alive() at least (WATCHDOG_USEC, if it is meant for this process); nullopt: never.
std::optional<std::chrono::milliseconds> watchdogInterval();

}  // namespace robohub::hub::notify
