#include "gateway/cloudtalker/upload.hpp"

#include <catch2/catch.hpp>

#include "media/captures_parts.hpp"
#include "net/loop_pool.hpp"
#include "unit/media/capture_bench.hpp"

using namespace robohub;
using namespace robohub::gateway;
using robohub::media::test::CaptureBench;

namespace {

// One connection's upload on its loop, and what it says.
struct Camera {
  Camera(CaptureBench& bench, net::Loop& loop) : loop_(loop) {
    upload = std::make_shared<CloudtalkerUpload>(bench.captures.get(), loop, CaptureBench::device(),
                                                 CloudtalkerUpload::Events{[this] { changed(); },
                                                                           [this](const std::string& sentence) {
                                                                             troubles.push_back(sentence);
                                                                             changed();
                                                                           },
                                                                           [](std::uint64_t) {}});
  }
  // On the loop; comes back when it is idle there, or is busy and not to be waited for.
  void say(const std::function<void(CloudtalkerUpload&)>& what, bool wait = true) {
    std::promise<void> said;
    loop_.post([&] {
      what(*upload);
      said.set_value();
    });
    said.get_future().wait();
    if (wait) REQUIRE(idle());
  }
  bool idle() {
    std::promise<void> idle;
    auto told = idle.get_future();
    loop_.post([&] {
      waiting_ = &idle;
      changed();
    });
    const bool came = told.wait_for(std::chrono::seconds(10)) == std::future_status::ready;
    std::promise<void> over;
    loop_.post([&] {
      waiting_ = nullptr;
      over.set_value();
    });
    over.get_future().wait();
    return came;
  }

  std::shared_ptr<CloudtalkerUpload> upload;
  std::vector<std::string> troubles;

 private:
  void changed() {
    if (!upload->busy() && waiting_) std::exchange(waiting_, nullptr)->set_value();
  }
  net::Loop& loop_;
  std::promise<void>* waiting_ = nullptr;
};

}  // namespace

TEST_CASE("a connection whose segment a newer one sends is not busy with it for ever") {
  CaptureBench bench;
  net::LoopPool loops(1);
  loops.start();
  Camera older(bench, loops.at(0)), newer(bench, loops.at(0));
  const auto open = [](CloudtalkerUpload& upload) { upload.openCapture("pir.1000", "pir", 1000); };
  older.say(open);
  newer.say(open);
  const auto id = bench.captures->list({}, [](const media::Capture&) { return true; }).at(0)->id;
  std::promise<void> reached, let_go;
  REQUIRE(bench.captures->parts().writers.run(id, [&] {  // the disk takes its time
    reached.set_value();
    let_go.get_future().wait();
  }));
  reached.get_future().wait();
  const auto send = [](CloudtalkerUpload& upload) {
    upload.openSegment(0);
    upload.bytes("a segment's first bytes");
  };
  older.say(send, false);
  newer.say(send, false);
  CHECK(older.idle());
  let_go.set_value();
  REQUIRE(newer.idle());
  newer.say([](CloudtalkerUpload& upload) { upload.endSegment(); });
  loops.stop();
  REQUIRE(older.troubles.size() == 1);
  CHECK(older.troubles.front() == "Segment 0 is not kept: Another sender has begun this segment.");
  CHECK(newer.troubles.empty());
  CHECK(bench.segments(id).size() == 1);
}
