#include "link/run_book.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace robohub::link {
namespace {

// Moves what fulfils `wanted` out of `runs`, keeping the order of both.
template <class Wanted>
std::vector<RunBook::Run> takeIf(std::vector<RunBook::Run>& runs, Wanted wanted) {
  std::vector<RunBook::Run> taken;
  auto rest = std::stable_partition(runs.begin(), runs.end(), [&](const RunBook::Run& run) { return !wanted(run); });
  if (rest == runs.end()) return taken;
  taken.assign(std::make_move_iterator(rest), std::make_move_iterator(runs.end()));
  runs.erase(rest, runs.end());
  return taken;
}

}  // namespace

bool RunBook::remember(const std::string& id) {
  if (!seen_.insert(id).second) return false;
  if (order_.size() < kRemembered) {
    order_.push_back(id);
  } else {
    seen_.erase(order_[oldest_]);
    order_[oldest_] = id;
    oldest_ = (oldest_ + 1) % kRemembered;
  }
  return true;
}

std::uint64_t RunBook::start(std::string id, Epoch epoch, MonoTime deadline) {
  runs_.push_back({next_run_, std::move(id), epoch, deadline, false});
  return next_run_++;
}

std::optional<RunBook::Run> RunBook::finish(std::uint64_t number) {
  auto taken = takeIf(runs_, [&](const Run& run) { return run.run == number; });
  return taken.empty() ? std::nullopt : std::optional(std::move(taken.front()));
}

std::optional<RunBook::Run> RunBook::finish(std::string_view id) {
  auto taken = takeIf(runs_, [&](const Run& run) { return run.id == id; });
  return taken.empty() ? std::nullopt : std::optional(std::move(taken.front()));
}

std::vector<RunBook::Run> RunBook::take(Which which) {
  return takeIf(runs_, [&](const Run& run) { return which == Which::all || run.epoch != 0; });
}

std::vector<RunBook::Run> RunBook::takeExpired(MonoTime now) {
  if (runs_.empty()) return {};
  return takeIf(runs_, [&](const Run& run) { return run.deadline <= now; });
}

std::vector<std::string> RunBook::acknowledge() {
  std::vector<std::string> fresh;
  for (Run& run : runs_)
    if (!std::exchange(run.acknowledged, true)) fresh.push_back(run.id);
  return fresh;
}

MonoTime RunBook::nextDeadline() const {
  MonoTime next = MonoTime::max();
  for (const Run& run : runs_) next = std::min(next, run.deadline);
  return next;
}

void RunBook::forgetIds() {
  seen_.clear();
  order_.clear();
  oldest_ = 0;
}

}  // namespace robohub::link
