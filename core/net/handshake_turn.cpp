#include "net/handshake_turn.hpp"

namespace robohub::net {

bool takeHandshakeTurn(const Loop& loop) {
  // A loop is one thread's, so what belongs to the loop may hang on the thread.
  struct Turns {
    const Loop* loop = nullptr;
    std::uint64_t iteration = 0;
    int taken = 0;
  };
  thread_local Turns turns;
  const auto iteration = loop.stats().iterations.load(std::memory_order_relaxed);
  if (turns.loop != &loop || turns.iteration != iteration) turns = {&loop, iteration, 0};
  return turns.taken++ < kHandshakeStepsPerIteration;
}

}  // namespace robohub::net
