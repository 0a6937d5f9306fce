// Which of a name's addresses is meant. Pure.
#pragma once
#include <netdb.h>
#include <sys/socket.h>

namespace cloud_camera {

// The first IPv4 address of what getaddrinfo() found, else the first of all: the older programs know IPv4 only, and
// most machines know "localhost" as ::1 first.
inline const addrinfo* chosenOf(const addrinfo* found) {
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next)
    if (each->ai_family == AF_INET) return each;
  return found;
}

}  // namespace cloud_camera
