// A TLS handshake costs a third of a millisecond where everything else costs microseconds. When a crowd comes at once,
// only so many steps of handshakes go on in one iteration of a loop; the others are reported by epoll again in the
// next, and who is already connected gets its turn in between.
#pragma once
#include "net/loop.hpp"

namespace robohub::net {

inline constexpr int kHandshakeStepsPerIteration = 4;

// Whether one more step may be done in this iteration. [loop]
bool takeHandshakeTurn(const Loop& loop);

}  // namespace robohub::net
