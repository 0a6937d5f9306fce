// The seam between a descriptor and what is said over it: plain bytes, or TLS. A transport never blocks; it says what
// it waits for, which under TLS may be the other direction than the one that was asked for. TLS wants the very bytes
// again that it could not send, so it keeps them itself: what write() took is gone from the caller's queue, and no
// frame that is dropped there can ever tear one on the wire.
#pragma once
#include <sys/uio.h>

#include <memory>
#include <string>

#include "base/result.hpp"
#include "net/fd.hpp"

namespace robohub::net {

struct IoResult {
  enum class What {
    ok,          // `bytes` went through (for a write perhaps fewer than asked)
    want_read,   // nothing went through; try again when the descriptor is readable
    want_write,  // ... when it is writable
    end,         // the peer sends no more (reads only)
    failed,      // the connection is broken: fault()
    refused,     // the same, but the peer has been told why and needs a moment to read it
  };
  What what = What::ok;
  std::size_t bytes = 0;
  int error = 0;  // errno, where that is the cause
};

// Of a connection over TLS, once it is established.
struct TlsPeer {
  std::string fingerprint;  // of the peer's certificate, 64 hex digits; "" = it presented none
  std::string version;      // "TLSv1.3"
  bool resumed = false;
  bool self_signed = false;  // the server's own certificate is (on the server's side)
};

// Owned by its connection's loop.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual IoResult read(char* buffer, std::size_t size) = 0;
  virtual IoResult write(const iovec* parts, int count) = 0;
  // Says to the peer that no more will come, after everything written; afterwards reads only throw away. False: not
  // yet, again when the descriptor is writable.
  virtual bool endWriting() = 0;
  virtual int fd() const = 0;

  // False while a handshake is under way, which reads and writes go on with.
  virtual bool established() const { return true; }
  // Something that write() took has not reached the descriptor: call it again, with nothing or with more.
  virtual bool holding() const { return false; }
  // read() has something to say though the descriptor may never become readable again.
  virtual bool buffered() const { return false; }
  // Null over plain bytes and before the handshake is done.
  virtual const TlsPeer* tls() const { return nullptr; }
  // What a failed or refused result means, for a person.
  virtual Error fault(const IoResult& result) const;
};

// Bytes as they are.
std::unique_ptr<Transport> plainTransport(UniqueFd fd);

}  // namespace robohub::net
