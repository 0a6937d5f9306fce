#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "plugin/frame_pipe.hpp"
#include "plugin/library.hpp"
#include "plugin/packet.hpp"
#include "plugin/request_book.hpp"
#include "plugin/restart_policy.hpp"
#include "plugin/safety_clock.hpp"
#include "plugin/state_file.hpp"
#include "process/child.hpp"

using namespace robohub;
using namespace robohub::plugin;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

TEST_CASE("a packet comes back as it was sent, and nothing else is one") {
  const Packet packet{Word::handle, 7, -3, 9, {"on", std::string("a\0b", 3), ""}, 11};
  const std::string bytes = encode(packet);
  auto back = decode(bytes.data(), bytes.size());
  REQUIRE(back);
  CHECK(back->a == 7);
  CHECK(back->b == -3);
  CHECK(back->c == 9);
  CHECK(back->texts == packet.texts);
  CHECK(back->halts == 11);
  CHECK(back->text(17).empty());
  for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(decode(bytes.data(), size));
  const std::string longer = bytes + "x";
  CHECK_FALSE(decode(longer.data(), longer.size()));
  std::string lying = bytes;
  lying[40] = '\xff';  // the first text's length
  CHECK_FALSE(decode(lying.data(), lying.size()));
  lying = bytes;
  lying[1] = 9;  // the number of texts
  CHECK_FALSE(decode(lying.data(), lying.size()));
}

TEST_CASE("a full socket and a gone peer are told apart") {
  auto pair = process::socketPair(process::SocketKind::packets, 4096);
  REQUIRE(pair);
  const Packet packet{Word::log, 0, 0, 0, {std::string(1000, 'x')}};
  Sent sent = Sent::yes;
  for (int i = 0; i < 1000 && sent == Sent::yes; ++i) sent = send(pair->ours.get(), packet, false);
  CHECK(sent == Sent::full);
  pair->theirs.reset();
  CHECK(send(pair->ours.get(), packet, false) == Sent::gone);
  Packet too_large{Word::log, 0, 0, 0, {std::string(kMaxPacketBytes, 'x')}};
  CHECK(send(pair->ours.get(), too_large, false) == Sent::full);
}

TEST_CASE("pictures come through whole, the newest where the reader is slow") {
  auto pair = process::socketPair(process::SocketKind::bytes, 65536);
  REQUIRE(pair);
  FrameWriter writer(pair->theirs.get());
  for (int i = 0; i < 50; ++i) writer.put("main", std::string(300'000, static_cast<char>('a' + i % 26)), i);
  FrameReader reader;
  std::vector<std::int64_t> times;
  const auto end = std::chrono::steady_clock::now() + 5s;
  while ((times.empty() || times.back() != 49) && std::chrono::steady_clock::now() < end) {
    REQUIRE(reader.read(pair->ours.get(), [&](std::string stream, std::string jpeg, std::int64_t t_ns) {
      CHECK(stream == "main");
      CHECK(jpeg == std::string(300'000, static_cast<char>('a' + t_ns % 26)));
      times.push_back(t_ns);
    }));
    std::this_thread::yield();
  }
  REQUIRE(times.size() >= 1);
  CHECK(times.back() == 49);
  CHECK(times.size() < 50);
}

TEST_CASE("of sound so many chunks wait as may, and a flood of pictures does not keep them from coming") {
  auto pair = process::socketPair(process::SocketKind::bytes, 65536);
  REQUIRE(pair);
  FrameWriter writer(pair->theirs.get());
  const std::string large(2'000'000, 'p');
  writer.put("main", large, 0);
  for (int i = 0; i < 40; ++i) writer.put("sound", std::string(1280, 's'), i, 16);
  FrameReader reader;
  std::vector<std::int64_t> heard;
  int pictures = 0;
  const auto end = std::chrono::steady_clock::now() + 5s;
  while ((heard.empty() || heard.back() != 39) && std::chrono::steady_clock::now() < end) {
    REQUIRE(reader.read(pair->ours.get(), [&](std::string stream, std::string, std::int64_t t_ns) {
      if (stream == "sound") return heard.push_back(t_ns);
      ++pictures;
      writer.put("main", large, 0);  // there is always another one
    }));
    std::this_thread::yield();
  }
  REQUIRE(heard.size() >= 16);
  CHECK(heard.size() < 40);
  CHECK(heard.back() == 39);
  CHECK(std::is_sorted(heard.begin(), heard.end()));
  // By turns: each chunk waited for one picture at most.
  CHECK(pictures <= static_cast<int>(heard.size()) + 1);
}

TEST_CASE("frames of nothing do not keep the reader") {
  auto pair = process::socketPair(process::SocketKind::bytes, 65536);
  REQUIRE(pair);
  const std::string nothing(16 * 1000, '\0');
  REQUIRE(::send(pair->theirs.get(), nothing.data(), nothing.size(), 0) == static_cast<ssize_t>(nothing.size()));
  FrameReader reader;
  int frames = 0;
  REQUIRE(reader.read(pair->ours.get(), [&](std::string, std::string, std::int64_t) { ++frames; }));
  CHECK(frames <= 8);
}

TEST_CASE("a picture that claims to be larger than allowed ends the reading") {
  auto pair = process::socketPair(process::SocketKind::bytes, 65536);
  REQUIRE(pair);
  const std::string head("\x01\0\0\0\xff\xff\xff\x7f\0\0\0\0\0\0\0\0", 16);
  REQUIRE(::send(pair->theirs.get(), head.data(), head.size(), 0) == 16);
  FrameReader reader;
  CHECK_FALSE(reader.read(pair->ours.get(), [](std::string, std::string, std::int64_t) {}));
}

TEST_CASE("a state is replaced as a whole and kept small") {
  const fs::path folder = fs::temp_directory_path() / ("robohub-state-" + std::to_string(getpid()));
  fs::create_directories(folder);
  const fs::path file = folder / "driver.state";
  CHECK(loadState(file).error().code == ErrorCode::not_found);
  REQUIRE(saveState(file, "one"));
  REQUIRE(saveState(file, std::string(kMaxStateBytes, 'x')));
  CHECK(loadState(file)->size() == kMaxStateBytes);
  CHECK(saveState(file, std::string(kMaxStateBytes + 1, 'x')).error().code == ErrorCode::too_large);
  REQUIRE(saveState(file, ""));
  CHECK(loadState(file)->empty());
  CHECK((fs::status(file).permissions() & fs::perms::mask) == fs::perms(0600));
  std::ofstream(file) << std::string(kMaxStateBytes + 1, 'x');
  CHECK(loadState(file).error().code == ErrorCode::corrupt);
  CHECK(saveState(folder / "missing" / "x", "one").error().code == ErrorCode::internal);
  CHECK(std::distance(fs::directory_iterator(folder), {}) == 1);
  fs::remove_all(folder);
}

TEST_CASE("a process that ends is started again at once, then ever later") {
  RestartPolicy policy;
  MonoTime now{1h};
  CHECK(policy.onEnd(now) == 0ms);
  CHECK(policy.onEnd(now += 1s) == 100ms);
  CHECK(policy.onEnd(now += 1s) == 200ms);
  CHECK(policy.onEnd(now += 1s) == 400ms);
  for (int i = 0; i < 20; ++i) policy.onEnd(now += 1s);
  CHECK(policy.onEnd(now += 1s) == 30s);
  CHECK(policy.onEnd(now += 1h) == 0ms);
}

TEST_CASE("each request is settled once") {
  RequestBook book;
  const MonoTime now{1h};
  book.add(1, now + 1s);
  book.add(2, now + 2s);
  book.add(3, MonoTime::max());
  CHECK(book.nextOverdue() == now + 1s);
  CHECK(book.settle(1));
  CHECK_FALSE(book.settle(1));
  CHECK(book.takeOverdue(now + 1s).empty());
  const auto overdue = book.takeOverdue(now + 2s);
  REQUIRE(overdue.size() == 1);
  CHECK(overdue[0].id == 2);
  CHECK(overdue[0].running);
  CHECK_FALSE(book.settle(2));
  CHECK(book.takeAll() == std::vector<std::uint64_t>{3});
  CHECK(book.empty());
  CHECK(book.nextOverdue() == MonoTime::max());
}

TEST_CASE("a request that the driver has returned from is told from one that it is still in") {
  RequestBook book;
  const MonoTime now{1h};
  book.add(1, now);
  book.noteReturned(1);
  book.noteReturned(2);  // not asked yet
  book.add(2, now);
  const auto overdue = book.takeOverdue(now);
  REQUIRE(overdue.size() == 2);
  CHECK_FALSE(overdue[0].running);
  CHECK(overdue[1].running);
}

TEST_CASE("where an output may be on, the next opening never waits long") {
  CHECK(RestartPolicy::whileOn(0) == 0ms);
  CHECK(RestartPolicy::whileOn(1) == 100ms);
  CHECK(RestartPolicy::whileOn(99) == 100ms);
  CHECK(RestartPolicy::whileOn(100) == 1s);
  CHECK(RestartPolicy::whileOn(1'000'000) == 1s);
}

TEST_CASE("the safety clock fires once for a deadline, at it, and not for one that was moved or taken back") {
  std::mutex mutex;
  std::condition_variable wake;
  std::vector<MonoTime> fired;
  SafetyClock clock([&] {
    std::lock_guard lock(mutex);
    fired.push_back(std::chrono::steady_clock::now());
    wake.notify_all();
  });
  auto count = [&](std::size_t n, Duration patience) {
    std::unique_lock lock(mutex);
    return wake.wait_for(lock, patience, [&] { return fired.size() >= n; });
  };
  const MonoTime start = std::chrono::steady_clock::now();
  clock.set(start + 30ms);
  REQUIRE(count(1, 5s));
  CHECK(fired[0] >= start + 30ms);
  CHECK_FALSE(count(2, 50ms));
  clock.set(std::chrono::steady_clock::now() + 20ms);
  clock.set(std::chrono::steady_clock::now() + 10s);
  CHECK_FALSE(count(2, 60ms));
  clock.set(std::chrono::steady_clock::now() + 20ms);
  clock.clear();
  CHECK_FALSE(count(2, 60ms));
  clock.set(start);
  CHECK(count(2, 5s));
}

TEST_CASE("a trivial device is opened and closed a thousand times") {
  auto installed = readInstalled(fs::path(TEST_PLUGINS) / "test_noisy" / "1.0.0");
  REQUIRE(installed);
  auto table = load(*installed);
  REQUIRE(table);
  const std::string id = RH_DRIVER_V1, type = "test_noisy", name = "bench", config = "{}";
  auto text = [](const std::string& s) { return rh_text{s.data(), s.size()}; };
  const auto* driver = static_cast<const rh_driver*>((*table)->interface(text(id)));
  REQUIRE(driver);
  // A host that offers no extension, and counts what is said after close.
  static std::atomic<int> said;
  said = 0;
  const rh_host host{sizeof(rh_host),
                     RH_ABI_VERSION,
                     nullptr,
                     [](const rh_host*, rh_host_device*, std::int32_t, rh_text) { ++said; },
                     [](const rh_host*, rh_host_device*, rh_text, rh_text) { ++said; },
                     [](const rh_host*, rh_host_device*, std::uint64_t, rh_status, rh_text) { ++said; },
                     [](const rh_host*, rh_text) -> const void* { return nullptr; }};
  const rh_sink nowhere{sizeof(rh_sink), 0, nullptr, [](void*, rh_text) {}};
  REQUIRE((*table)->start(&host, &nowhere) == RH_OK);
  for (int i = 0; i < 1000; ++i) {
    rh_device* device = nullptr;
    const rh_open args{sizeof(rh_open), 0, &host, nullptr, text(type), text(name), text(config)};
    REQUIRE(driver->open(&args, &device, &nowhere) == RH_OK);
    CHECK(driver->halt(device, text(name), &nowhere) == RH_OK);
    driver->quiesce(device);
    driver->close(device);
  }
  CHECK(said == 0);
}
