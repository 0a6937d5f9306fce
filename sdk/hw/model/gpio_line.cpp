#include "hw/model/gpio_line.hpp"

#include <cerrno>

namespace rh::hw::model {

class LineOutput final : public GpioOutput {
 public:
  explicit LineOutput(GpioLine& line) : line_(line) {}
  ~LineOutput() override { line_.release(); }
  IoStatus set(bool high) override { return line_.setOutput(high); }
  const std::string& name() const override { return line_.name_; }

 private:
  GpioLine& line_;
};

class LineInput final : public GpioInput {
 public:
  explicit LineInput(GpioLine& line) : line_(line) {}
  ~LineInput() override { line_.release(); }
  IoStatus get(bool& high) override {
    high = line_.level();
    return {};
  }
  IoStatus waitEdge(std::chrono::milliseconds timeout, bool& seen) override {
    Lock lock(line_.mutex_);
    seen = line_.edge_seen_.wait_for(lock, timeout, [this]() RH_REQUIRES(line_.mutex_) { return line_.edges_ > 0; });
    if (seen) --line_.edges_;
    return {};
  }
  const std::string& name() const override { return line_.name_; }

 private:
  GpioLine& line_;
};

std::unique_ptr<GpioOutput> GpioLine::requestOutput(bool high) {
  const Lock lock(mutex_);
  if (error_ != 0 || requested_) throw OpenError(IoStatus(requested_ ? EBUSY : error_, "Requesting " + name_));
  requested_ = true;
  change(high);
  return std::make_unique<LineOutput>(*this);
}

std::unique_ptr<GpioInput> GpioLine::requestInput(Edge edge) {
  const Lock lock(mutex_);
  if (error_ != 0 || requested_) throw OpenError(IoStatus(requested_ ? EBUSY : error_, "Requesting " + name_));
  requested_ = true;
  edge_ = edge;
  edges_ = 0;
  return std::make_unique<LineInput>(*this);
}

bool GpioLine::level() const {
  const Lock lock(mutex_);
  return level_;
}

bool GpioLine::requested() const {
  const Lock lock(mutex_);
  return requested_;
}

void GpioLine::drive(bool high) {
  const Lock lock(mutex_);
  change(high);
}

void GpioLine::fail(int error) {
  const Lock lock(mutex_);
  error_ = error;
}

IoStatus GpioLine::setOutput(bool high) {
  const Lock lock(mutex_);
  if (error_ != 0) return IoStatus(error_, name_ + (high ? ": setting high" : ": setting low"));
  change(high);
  return {};
}

void GpioLine::release() {
  const Lock lock(mutex_);
  requested_ = false;
  edge_ = Edge::none;
  change(false);
}

void GpioLine::change(bool high) {
  if (level_ == high) return;
  level_ = high;
  if (edge_ == Edge::both || edge_ == (high ? Edge::rising : Edge::falling)) {
    ++edges_;
    edge_seen_.notify_all();
  }
  if (observer_) observer_(high);
}

}  // namespace rh::hw::model
