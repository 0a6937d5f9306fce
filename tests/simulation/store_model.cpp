#include "store_model.hpp"

#include <algorithm>

namespace simulation {
namespace {

using robohub::Epoch;

// As in core/store/restore.cpp.
constexpr Epoch kEpochJump = Epoch(1) << 32;
constexpr Epoch kEpochsASecond = Epoch(1) << 20;
constexpr Epoch kBeganAtSecond = 1'795'000'000;

}  // namespace

void StoreModel::write(Change change, Answer answer) {
  waiting_.push_back({std::move(change), std::move(answer)});
  if (writing_.empty()) begin();
}

void StoreModel::begin() {
  writing_ = std::move(waiting_);
  waiting_.clear();
  handed_over_ = false;
  const bool fails = full || breaks_once;
  const bool there = !fails || (breaks_once && !full && world_.chance.percent(30));
  breaks_once = false;
  const Time delay =
      world_.time.now() < slow_until ? world_.chance.between(ms(20), ms(2000)) : world_.chance.between(ms(1), ms(20));
  const auto batch = ++batch_;
  if (world_.defect == Defect::epochs_not_durable) {
    world_.time.at(world_.time.now() + ms(500), [this, writes = writing_] {
      for (const auto& write : writes) write.change(disk_);
    });
    return world_.time.at(world_.time.now() + delay, [this, batch] { end(batch, true); });
  }
  world_.time.at(world_.time.now() + delay / 2, [this, batch, there] {
    if (batch == batch_) handed_over_ = there;
  });
  world_.time.at(world_.time.now() + delay, [this, batch, fails, there] {
    if (batch != batch_) return;
    if (there)
      for (const auto& write : writing_) write.change(disk_);
    handed_over_ = false;
    if (!fails && at_synced) return std::exchange(at_synced, nullptr)();
    end(batch, !fails);
  });
}

void StoreModel::end(std::uint64_t batch, bool ok) {
  if (batch != batch_) return;
  auto done = std::exchange(writing_, {});
  if (!waiting_.empty()) begin();
  for (const auto& write : done) write.answer(ok);
}

void StoreModel::forget(int percent_there) {
  if (handed_over_ && world_.chance.percent(percent_there))
    for (const auto& write : writing_) write.change(disk_);
  ++batch_;
  handed_over_ = false;
  waiting_.clear();
  writing_.clear();
}

bool StoreModel::restore() {
  if (!backup_) return false;
  // What is replaced can perhaps not be read; but that it happens again within the hour that the jump is worth is no
  // part of the promise.
  const Epoch replaced = restored_before_ || world_.chance.percent(70) ? disk_.epochs_reserved : 0;
  restored_before_ = true;
  disk_ = *backup_;
  if (world_.defect == Defect::restore_keeps_epochs) return true;
  const Epoch floor = (kBeganAtSecond + static_cast<Epoch>(world_.time.now() / 1'000'000'000)) * kEpochsASecond;
  disk_.epochs_reserved = std::max({disk_.epochs_reserved, replaced, floor}) + kEpochJump;
  return true;
}

bool StoreModel::copyBack() {
  if (!backup_) return false;
  disk_ = *backup_;
  return true;
}

}  // namespace simulation
