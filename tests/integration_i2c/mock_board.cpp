#include "integration_i2c/mock_board.hpp"

#include <fcntl.h>
#include <linux/gpio.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <umockdev.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <thread>

namespace robohub::test {
namespace {

std::string device(const std::string& subsystem, const std::string& node, int major, int minor) {
  const std::string numbers = std::to_string(major) + ":" + std::to_string(minor);
  return "P: /devices/platform/soc/" + node + "\nN: " + node + "\nE: DEVNAME=/dev/" + node +
         "\nE: SUBSYSTEM=" + subsystem + "\nE: MAJOR=" + std::to_string(major) + "\nE: MINOR=" + std::to_string(minor) +
         "\nA: dev=" + numbers + "\n\n";
}

// The structure that an ioctl's argument points to, as local memory that is written back on completion.
UMockdevIoctlData* argument(UMockdevIoctlClient* client, std::size_t size) {
  return umockdev_ioctl_data_resolve(umockdev_ioctl_client_get_arg(client), 0, size, nullptr);
}

template <class T>
T* as(UMockdevIoctlData* data) {
  return reinterpret_cast<T*>(data->data);
}

void finish(UMockdevIoctlClient* client, long result, int error = 0) {
  umockdev_ioctl_client_complete(client, error != 0 ? -1 : result, error);
}

struct Route {
  std::function<bool(UMockdevIoctlClient*)> handler;
};

}  // namespace

MockBoard::MockBoard() {
  bus_.attach(0x40, chip_);
  testbed_ = umockdev_testbed_new();
  std::string devices = device("i2c-dev", "i2c-1", 89, 1) + device("gpio", "gpiochip0", 254, 0);
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const std::string node = "gpioline" + std::to_string(i);
    devices += device("gpio", node, 254, 100 + static_cast<int>(i));
    lines_[i].board = this;
    lines_[i].node = "/dev/" + node;
  }
  GError* error = nullptr;
  if (!umockdev_testbed_add_from_string(testbed_, devices.c_str(), &error)) throw std::runtime_error(error->message);
  handlers_.push_back(attach("/dev/i2c-1", &MockBoard::i2c));
  handlers_.push_back(attach("/dev/gpiochip0", &MockBoard::gpioChip));
  for (Line& line : lines_) {
    UMockdevIoctlBase* base = attach(line.node.c_str(), &MockBoard::gpioLine, &line);
    handlers_.push_back(base);
    // umockdev 0.17 announces a client, but its end only as a property that must be asked for.
    g_signal_connect(base, "client-connected",
                     G_CALLBACK(+[](UMockdevIoctlBase*, UMockdevIoctlClient* client, gpointer data) {
                       auto* held = static_cast<Line*>(data);
                       held->board->hold(*held, client);
                     }),
                     &line);
  }
}

MockBoard::~MockBoard() {
  umockdev_testbed_detach_ioctl(testbed_, "/dev/i2c-1", nullptr);
  umockdev_testbed_detach_ioctl(testbed_, "/dev/gpiochip0", nullptr);
  for (Line& line : lines_) {
    umockdev_testbed_detach_ioctl(testbed_, line.node.c_str(), nullptr);
    hold(line, nullptr);
  }
  for (UMockdevIoctlBase* handler : handlers_) g_object_unref(handler);
  g_object_unref(testbed_);
}

UMockdevIoctlBase* MockBoard::attach(const char* node, Handler handler, Line* line) {
  UMockdevIoctlBase* base = umockdev_ioctl_base_new();
  g_signal_connect_data(
      base, "handle-ioctl", G_CALLBACK(+[](UMockdevIoctlBase*, UMockdevIoctlClient* client, gpointer data) -> gboolean {
        return static_cast<Route*>(data)->handler(client) ? TRUE : FALSE;
      }),
      new Route{[this, handler, line](UMockdevIoctlClient* client) { return (this->*handler)(client, line); }},
      [](gpointer data, GClosure*) { delete static_cast<Route*>(data); }, static_cast<GConnectFlags>(0));
  GError* error = nullptr;
  if (!umockdev_testbed_attach_ioctl(testbed_, node, base, &error)) throw std::runtime_error(error->message);
  return base;
}

bool MockBoard::i2c(UMockdevIoctlClient* client, Line*) {
  const auto request = umockdev_ioctl_client_get_request(client);
  if (request == I2C_TIMEOUT) return finish(client, 0), true;
  if (request != I2C_RDWR) return finish(client, -1, ENOTTY), true;
  {
    const std::lock_guard lock(mutex_);
    if (order_.find('B') == std::string::npos) order_ += 'B';
  }
  UMockdevIoctlData* data = argument(client, sizeof(i2c_rdwr_ioctl_data));
  const unsigned count = as<i2c_rdwr_ioctl_data>(data)->nmsgs;
  UMockdevIoctlData* list =
      umockdev_ioctl_data_resolve(data, offsetof(i2c_rdwr_ioctl_data, msgs), count * sizeof(i2c_msg), nullptr);
  int error = 0;
  for (unsigned i = 0; i < count && error == 0; ++i) {
    const i2c_msg message = as<i2c_msg>(list)[i];
    UMockdevIoctlData* bytes =
        umockdev_ioctl_data_resolve(list, i * sizeof(i2c_msg) + offsetof(i2c_msg, buf), message.len, nullptr);
    const auto device = bus_.open(message.addr);
    if ((message.flags & I2C_M_RD) != 0) {
      error = device->writeRead(nullptr, 0, bytes->data, message.len).error();
    } else {
      error = device->write(bytes->data, message.len).error();
    }
  }
  finish(client, count, error);
  return true;
}

bool MockBoard::gpioChip(UMockdevIoctlClient* client, Line*) {
  if (umockdev_ioctl_client_get_request(client) != GPIO_V2_GET_LINE_IOCTL) return finish(client, -1, ENOTTY), true;
  auto* request = as<gpio_v2_line_request>(argument(client, sizeof(gpio_v2_line_request)));
  const std::lock_guard lock(mutex_);
  noticeReleases();
  const std::uint32_t offset = request->offsets[0];
  const bool busy = find(offset) != nullptr;
  if (line_error_ != 0 || busy) return finish(client, -1, busy ? EBUSY : line_error_), true;
  if (request->num_lines != 1 || offset > 53) return finish(client, -1, EINVAL), true;
  if ((request->config.flags & GPIO_V2_LINE_FLAG_OUTPUT) == 0) return finish(client, -1, EINVAL), true;
  bool level = false;
  for (unsigned i = 0; i < request->config.num_attrs; ++i) {
    const auto& attribute = request->config.attrs[i];
    if (attribute.attr.id == GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES && (attribute.mask & 1) != 0) {
      level = (attribute.attr.values & 1) != 0;
    }
  }
  const auto free = std::find_if(lines_.begin(), lines_.end(), [](const Line& one) { return !one.requested; });
  if (free == lines_.end()) return finish(client, -1, EMFILE), true;
  request->fd = ::open(free->node.c_str(), O_RDWR | O_CLOEXEC);
  if (request->fd < 0) return finish(client, -1, errno), true;
  // The new holder is announced later, on this thread; the old one's end says nothing about it.
  if (free->holder != nullptr) g_object_unref(free->holder);
  free->holder = nullptr;
  free->requested = true;
  free->offset = newest_ = offset;
  free->level = level;
  // What is still told of an earlier request of the same line is over.
  for (Line& other : lines_)
    if (!other.requested && other.offset == offset) other.history.clear();
  free->history = {level};
  order_ += 'L';
  finish(client, 0);
  return true;
}

bool MockBoard::gpioLine(UMockdevIoctlClient* client, Line* line) {
  const auto request = umockdev_ioctl_client_get_request(client);
  if (request != GPIO_V2_LINE_SET_VALUES_IOCTL && request != GPIO_V2_LINE_GET_VALUES_IOCTL)
    return finish(client, -1, ENOTTY), true;
  auto* values = as<gpio_v2_line_values>(argument(client, sizeof(gpio_v2_line_values)));
  const std::lock_guard lock(mutex_);
  if (request == GPIO_V2_LINE_GET_VALUES_IOCTL) {
    values->bits = line->level ? 1 : 0;
  } else if ((values->mask & 1) != 0 && line->level != ((values->bits & 1) != 0)) {
    line->level = !line->level;
    line->history.push_back(line->level);
  }
  finish(client, 0);
  return true;
}

void MockBoard::hold(Line& line, UMockdevIoctlClient* client) {
  const std::lock_guard lock(mutex_);
  if (line.holder != nullptr) g_object_unref(line.holder);
  line.holder = client;
  if (client != nullptr) g_object_ref(client);
}

void MockBoard::noticeReleases() {
  for (Line& line : lines_) {
    if (!line.requested || line.holder == nullptr || umockdev_ioctl_client_get_connected(line.holder)) continue;
    line.requested = false;
    if (line.level) line.history.push_back(false);
    line.level = false;  // the pin is an input again, and a pull-down holds it
  }
}

MockBoard::Line* MockBoard::find(std::uint32_t offset) {
  for (Line& line : lines_)
    if (line.requested && line.offset == offset) return &line;
  return nullptr;
}

bool MockBoard::lineRequested(std::uint32_t offset) {
  const std::lock_guard lock(mutex_);
  noticeReleases();
  return find(offset) != nullptr;
}

bool MockBoard::lineLevel(std::uint32_t offset) {
  const std::lock_guard lock(mutex_);
  noticeReleases();
  const Line* line = find(offset);
  return line != nullptr && line->level;
}

std::uint32_t MockBoard::lineOffset() {
  const std::lock_guard lock(mutex_);
  return newest_;
}

std::vector<bool> MockBoard::lineHistory(std::uint32_t offset) {
  const std::lock_guard lock(mutex_);
  noticeReleases();
  for (const Line& line : lines_)
    if (line.offset == offset && !line.history.empty()) return line.history;
  return {};
}

std::string MockBoard::order() {
  const std::lock_guard lock(mutex_);
  return order_;
}

void MockBoard::failLineRequests(int error) {
  const std::lock_guard lock(mutex_);
  line_error_ = error;
}

bool MockBoard::awaitRelease(std::uint32_t offset) {
  for (int i = 0; i < 5000 && lineRequested(offset); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return !lineRequested(offset);
}

}  // namespace robohub::test
