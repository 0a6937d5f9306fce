// Transports that speak TLS on a non-blocking descriptor.
#pragma once
#include <memory>
#include <string>

#include "base/buffer.hpp"
#include "net/tls_client_context.hpp"
#include "net/tls_server_context.hpp"
#include "net/transport.hpp"

namespace robohub::net {

// The server's end. Until the first byte comes it holds nothing but the descriptor. `to_plain` is said to a peer whose
// first byte is one of plain HTTP.
std::unique_ptr<Transport> tlsServerTransport(UniqueFd fd, std::shared_ptr<const TlsServerContext> context,
                                              SharedBytes to_plain);

// The client's end, dialled to `host` (a name or a numeric address). The handshake begins with the first write.
std::unique_ptr<Transport> tlsClientTransport(UniqueFd fd, std::shared_ptr<const TlsClientContext> context,
                                              std::string host);

}  // namespace robohub::net
