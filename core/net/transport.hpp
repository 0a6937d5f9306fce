// The seam between a descriptor and what is said over it: plain today, TLS where it is configured. A transport never
// blocks; it says what it waits for, which under TLS may be the other direction than the one that was asked for. A TLS
// transport that answered want_* to a write wants the same bytes again, so its connection must not drop that frame.
#pragma once
#include <sys/uio.h>

#include <memory>

#include "net/fd.hpp"

namespace robohub::net {

struct IoResult {
  enum class What {
    ok,          // `bytes` went through (for a write perhaps fewer than asked)
    want_read,   // nothing went through; try again when the descriptor is readable
    want_write,  // ... when it is writable
    end,         // the peer sends no more (reads only)
    failed,      // the connection is broken; `error` is an errno
  };
  What what = What::ok;
  std::size_t bytes = 0;
  int error = 0;
};

// Owned by its connection's loop.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual IoResult read(char* buffer, std::size_t size) = 0;
  virtual IoResult write(const iovec* parts, int count) = 0;
  // Says to the peer that no more will come, after everything written.
  virtual void endWriting() = 0;
  virtual int fd() const = 0;
};

// Bytes as they are.
std::unique_ptr<Transport> plainTransport(UniqueFd fd);

}  // namespace robohub::net
