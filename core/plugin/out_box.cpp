#include "plugin/out_box.hpp"

#include <algorithm>

namespace robohub::plugin {
namespace {

constexpr std::size_t kMaxTelemetry = 256;
constexpr std::size_t kMaxLogs = 256;

}  // namespace

OutBox::OutBox(int socket) : socket_(socket), thread_([this] { run(); }) {}

OutBox::~OutBox() {
  {
    Lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void OutBox::put(Class kind, Packet packet) {
  Lock lock(mutex_);
  if (gone_) return;
  if (items_.empty() && !writing_) {
    const Sent sent = send(socket_, packet, false);
    if (sent == Sent::yes) return;
    if (sent == Sent::gone) gone_ = true;
    if (gone_) return;
  }
  if (kind == Class::log && logs_ >= kMaxLogs) return;
  if (kind == Class::telemetry && telemetry_ >= kMaxTelemetry) {
    // A flooding channel displaces its own values first: the newest value of every other one stays.
    auto telemetry = [](const Item& i) { return i.kind == Class::telemetry; };
    auto oldest = std::find_if(items_.begin(), items_.end(),
                               [&](const Item& i) { return telemetry(i) && i.packet.text(0) == packet.text(0); });
    if (oldest == items_.end()) oldest = std::find_if(items_.begin(), items_.end(), telemetry);
    items_.erase(oldest);
    --telemetry_;
  }
  telemetry_ += kind == Class::telemetry;
  logs_ += kind == Class::log;
  items_.push_back({kind, std::move(packet)});
  wake_.notify_all();
}

void OutBox::run() {
  Lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this]() RH_REQUIRES(mutex_) { return stopping_ || !items_.empty(); });
    if (stopping_ || gone_) return;
    Item item = std::move(items_.front());
    items_.pop_front();
    telemetry_ -= item.kind == Class::telemetry;
    logs_ -= item.kind == Class::log;
    writing_ = true;  // nothing may overtake it
    lock.unlock();
    const Sent sent = send(socket_, item.packet, true);
    lock.lock();
    writing_ = false;
    if (sent == Sent::gone) gone_ = true;
  }
}

}  // namespace robohub::plugin
