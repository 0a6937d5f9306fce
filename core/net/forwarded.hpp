// Who asks when a proxy stands before the hub. Anybody can write X-Forwarded-For, so only what a listed proxy has added
// is believed. Pure. [any-thread]
#pragma once
#include <vector>

#include "net/http_message.hpp"
#include "net/network.hpp"

namespace robohub::net {

bool isTrustedProxy(const PeerAddress& peer, const std::vector<Network>& proxies);

// When head.peer is a trusted proxy: sets head.peer to the address, read from right to left in X-Forwarded-For, that is
// the first not to be a trusted proxy's (the leftmost when all are), head.scheme by X-Forwarded-Proto, and clears
// client_fingerprint, which is the proxy's own. What stands left of that address is the client's own word and is not
// read. What is malformed before it, or a scheme, is ignored: the proxy's own address and scheme stay.
void applyForwarded(HttpHead& head, const std::vector<Network>& proxies);

}  // namespace robohub::net
