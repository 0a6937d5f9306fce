// A board with an I2C bus and a GPIO chip that exist only for this process: umockdev redirects the device files and
// hands every ioctl to the models here. What runs above is unmodified code that believes in /dev/i2c-1 and
// /dev/gpiochip0.
//
// A line request answers with a new descriptor, which umockdev cannot make in a client. Here the client is this same
// process, so the handler opens another mocked file, /dev/gpioline0 to 7, and gives its number: later calls on it come
// to that file's handler, and its closing is the line's release.
#pragma once
#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "hw/model/i2c_bus.hpp"
#include "hw/model/pca9685.hpp"

struct _UMockdevTestbed;
struct _UMockdevIoctlBase;
struct _UMockdevIoctlClient;

namespace robohub::test {

// Thread-safe: ioctls are answered on umockdev's own thread.
class MockBoard {
 public:
  MockBoard();
  ~MockBoard();
  MockBoard(const MockBoard&) = delete;
  MockBoard& operator=(const MockBoard&) = delete;

  // The chip at 0x40 of /dev/i2c-1; no other address answers, but for chips that are attached to the bus.
  rh::hw::model::Pca9685Chip& chip() { return chip_; }
  rh::hw::model::I2cBus& bus() { return bus_; }

  // Of the line with this offset; up to eight may be requested at a time.
  bool lineRequested(std::uint32_t offset = 23);
  bool lineLevel(std::uint32_t offset = 23);
  // All that happened to the line's level, the newest request's own first.
  std::vector<bool> lineHistory(std::uint32_t offset = 23);
  // Of the line that was requested last.
  std::uint32_t lineOffset();
  // What happened to the outside, in order: 'L' the line was requested, 'B' the bus was first used.
  std::string order();
  // From now on line requests fail with this errno value; 0 heals.
  void failLineRequests(int error);
  // Waits for the line's release; false after five seconds.
  bool awaitRelease(std::uint32_t offset = 23);

 private:
  // One of the files that stand for a requested line.
  struct Line {
    MockBoard* board = nullptr;
    std::string node;
    bool requested = false;
    _UMockdevIoctlClient* holder = nullptr;  // who has its file open
    std::uint32_t offset = 0;
    bool level = false;
    std::vector<bool> history;
  };
  using Handler = bool (MockBoard::*)(_UMockdevIoctlClient*, Line*);

  bool i2c(_UMockdevIoctlClient* client, Line*);
  bool gpioChip(_UMockdevIoctlClient* client, Line*);
  bool gpioLine(_UMockdevIoctlClient* client, Line* line);
  void hold(Line& line, _UMockdevIoctlClient* client);
  void noticeReleases();
  Line* find(std::uint32_t offset);
  _UMockdevIoctlBase* attach(const char* node, Handler handler, Line* line = nullptr);

  rh::hw::model::Pca9685Chip chip_;
  rh::hw::model::I2cBus bus_{"/dev/i2c-1"};
  _UMockdevTestbed* testbed_ = nullptr;
  std::vector<_UMockdevIoctlBase*> handlers_;

  std::mutex mutex_;  // guards all below
  std::array<Line, 8> lines_;
  std::uint32_t newest_ = 0;
  std::string order_;
  int line_error_ = 0;
};

}  // namespace robohub::test
