#include "integration_i2c/mock_board.hpp"

#include <fcntl.h>
#include <linux/gpio.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <umockdev.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <thread>

namespace robohub::test {
namespace {

constexpr char kDevices[] =
    "P: /devices/platform/soc/i2c-1/i2c-dev/i2c-1\n"
    "N: i2c-1\n"
    "E: DEVNAME=/dev/i2c-1\n"
    "E: SUBSYSTEM=i2c-dev\n"
    "E: MAJOR=89\n"
    "E: MINOR=1\n"
    "A: dev=89:1\n"
    "\n"
    "P: /devices/platform/soc/gpiochip0\n"
    "N: gpiochip0\n"
    "E: DEVNAME=/dev/gpiochip0\n"
    "E: SUBSYSTEM=gpio\n"
    "E: MAJOR=254\n"
    "E: MINOR=0\n"
    "A: dev=254:0\n"
    "\n"
    "P: /devices/platform/soc/gpioline0\n"
    "N: gpioline0\n"
    "E: DEVNAME=/dev/gpioline0\n"
    "E: SUBSYSTEM=gpio\n"
    "E: MAJOR=254\n"
    "E: MINOR=100\n"
    "A: dev=254:100\n"
    "\n";

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
  MockBoard* board;
  bool (MockBoard::*handler)(UMockdevIoctlClient*);
};

}  // namespace

MockBoard::MockBoard() {
  bus_.attach(0x40, chip_);
  testbed_ = umockdev_testbed_new();
  GError* error = nullptr;
  if (!umockdev_testbed_add_from_string(testbed_, kDevices, &error)) throw std::runtime_error(error->message);
  handlers_.push_back(attach("/dev/i2c-1", &MockBoard::i2c));
  handlers_.push_back(attach("/dev/gpiochip0", &MockBoard::gpioChip));
  UMockdevIoctlBase* line = attach("/dev/gpioline0", &MockBoard::gpioLine);
  handlers_.push_back(line);
  // umockdev 0.17 announces a client, but its end only as a property that must be asked for.
  g_signal_connect(line, "client-connected",
                   G_CALLBACK(+[](UMockdevIoctlBase*, UMockdevIoctlClient* client, gpointer self) {
                     static_cast<MockBoard*>(self)->holder(client);
                   }),
                   this);
}

MockBoard::~MockBoard() {
  for (const char* node : {"/dev/i2c-1", "/dev/gpiochip0", "/dev/gpioline0"}) {
    umockdev_testbed_detach_ioctl(testbed_, node, nullptr);
  }
  holder(nullptr);
  for (UMockdevIoctlBase* handler : handlers_) g_object_unref(handler);
  g_object_unref(testbed_);
}

UMockdevIoctlBase* MockBoard::attach(const char* node, bool (MockBoard::*handler)(UMockdevIoctlClient*)) {
  UMockdevIoctlBase* base = umockdev_ioctl_base_new();
  g_signal_connect_data(
      base, "handle-ioctl", G_CALLBACK(+[](UMockdevIoctlBase*, UMockdevIoctlClient* client, gpointer data) -> gboolean {
        const auto* route = static_cast<Route*>(data);
        return (route->board->*route->handler)(client) ? TRUE : FALSE;
      }),
      new Route{this, handler}, [](gpointer data, GClosure*) { delete static_cast<Route*>(data); },
      static_cast<GConnectFlags>(0));
  GError* error = nullptr;
  if (!umockdev_testbed_attach_ioctl(testbed_, node, base, &error)) throw std::runtime_error(error->message);
  return base;
}

bool MockBoard::i2c(UMockdevIoctlClient* client) {
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

bool MockBoard::gpioChip(UMockdevIoctlClient* client) {
  if (umockdev_ioctl_client_get_request(client) != GPIO_V2_GET_LINE_IOCTL) return finish(client, -1, ENOTTY), true;
  auto* request = as<gpio_v2_line_request>(argument(client, sizeof(gpio_v2_line_request)));
  const std::lock_guard lock(mutex_);
  noticeRelease();
  if (line_error_ != 0 || requested_) return finish(client, -1, requested_ ? EBUSY : line_error_), true;
  if (request->num_lines != 1 || request->offsets[0] > 53) return finish(client, -1, EINVAL), true;
  if ((request->config.flags & GPIO_V2_LINE_FLAG_OUTPUT) == 0) return finish(client, -1, EINVAL), true;
  bool level = false;
  for (unsigned i = 0; i < request->config.num_attrs; ++i) {
    const auto& attribute = request->config.attrs[i];
    if (attribute.attr.id == GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES && (attribute.mask & 1) != 0) {
      level = (attribute.attr.values & 1) != 0;
    }
  }
  request->fd = ::open("/dev/gpioline0", O_RDWR | O_CLOEXEC);
  if (request->fd < 0) return finish(client, -1, errno), true;
  // The new holder is announced later, on this thread; the old one's end says nothing about it.
  if (holder_ != nullptr) g_object_unref(holder_);
  holder_ = nullptr;
  requested_ = true;
  offset_ = request->offsets[0];
  level_ = level;
  history_ = {level};
  order_ += 'L';
  finish(client, 0);
  return true;
}

bool MockBoard::gpioLine(UMockdevIoctlClient* client) {
  const auto request = umockdev_ioctl_client_get_request(client);
  if (request != GPIO_V2_LINE_SET_VALUES_IOCTL && request != GPIO_V2_LINE_GET_VALUES_IOCTL)
    return finish(client, -1, ENOTTY), true;
  auto* values = as<gpio_v2_line_values>(argument(client, sizeof(gpio_v2_line_values)));
  const std::lock_guard lock(mutex_);
  if (request == GPIO_V2_LINE_GET_VALUES_IOCTL) {
    values->bits = level_ ? 1 : 0;
  } else if ((values->mask & 1) != 0 && level_ != ((values->bits & 1) != 0)) {
    level_ = !level_;
    history_.push_back(level_);
  }
  finish(client, 0);
  return true;
}

void MockBoard::holder(UMockdevIoctlClient* client) {
  const std::lock_guard lock(mutex_);
  if (holder_ != nullptr) g_object_unref(holder_);
  holder_ = client;
  if (holder_ != nullptr) g_object_ref(holder_);
}

void MockBoard::noticeRelease() {
  if (!requested_ || holder_ == nullptr || umockdev_ioctl_client_get_connected(holder_)) return;
  requested_ = false;
  if (level_) history_.push_back(false);
  level_ = false;  // the pin is an input again, and a pull-down holds it
}

bool MockBoard::lineRequested() {
  const std::lock_guard lock(mutex_);
  noticeRelease();
  return requested_;
}

bool MockBoard::lineLevel() {
  const std::lock_guard lock(mutex_);
  noticeRelease();
  return level_;
}

std::uint32_t MockBoard::lineOffset() {
  const std::lock_guard lock(mutex_);
  return offset_;
}

std::vector<bool> MockBoard::lineHistory() {
  const std::lock_guard lock(mutex_);
  noticeRelease();
  return history_;
}

std::string MockBoard::order() {
  const std::lock_guard lock(mutex_);
  return order_;
}

void MockBoard::failLineRequests(int error) {
  const std::lock_guard lock(mutex_);
  line_error_ = error;
}

bool MockBoard::awaitRelease() {
  for (int i = 0; i < 5000 && lineRequested(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return !lineRequested();
}

}  // namespace robohub::test
