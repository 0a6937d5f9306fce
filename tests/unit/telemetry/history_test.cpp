#include <cmath>
#include <map>

#include "telemetry/channel_shape.hpp"
#include "telemetry_rig.hpp"

using namespace robohub;
using namespace robohub::telemetry;
using namespace robohub::telemetry::test;

namespace {

struct Value {
  std::int64_t t = 0;
  double value = 0;
};

std::vector<Point> bruteForce(const std::vector<Value>& values, std::int64_t from, std::int64_t to,
                              std::int64_t width) {
  std::map<std::int64_t, Bucket> steps;
  for (const Value& one : values) {
    if (one.t < from || one.t >= to) continue;
    Bucket& bucket = steps[floorTo(one.t, width)];
    bucket.t = floorTo(one.t, width);
    bucket.add(one.value);
  }
  std::vector<Point> points;
  for (const auto& [t, bucket] : steps) points.push_back({t, bucket.n, bucket.min, bucket.max, bucket.mean()});
  return points;
}

void same(const std::vector<Point>& got, const std::vector<Point>& wanted) {
  REQUIRE(got.size() == wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    INFO("point " << i);
    CHECK(got[i].t_ms == wanted[i].t_ms);
    CHECK(got[i].n == wanted[i].n);
    CHECK(got[i].min == wanted[i].min);
    CHECK(got[i].max == wanted[i].max);
    CHECK(got[i].mean == Approx(wanted[i].mean));
  }
}

std::int64_t sum(const std::vector<Point>& points) {
  std::int64_t n = 0;
  for (const Point& point : points) n += point.n;
  return n;
}

}  // namespace

TEST_CASE("what was recorded is read again: single values, their series, units and titles") {
  Rig rig;
  rig.open();
  rig.history->record(rig.device, "climate", kStart + 10, R"({"temperature_cel":21.5,"pressure_pa":101325})");
  rig.history->record(rig.device, "climate", kStart + 20, R"({"temperature_cel":22})");
  rig.history->record(rig.device, "state", kStart + 30, R"({"on":true,"mode":"fast","wheels":[-3,4]})");
  rig.history->flush();

  const auto all = rig.ask(kStart, kStart + 1000, 500, "");
  REQUIRE(all);
  CHECK(all->step_ms == 0);
  std::map<std::string, SeriesAnswer> series;
  for (const auto& one : all->series) series[one.channel + one.field] = one;
  REQUIRE(series.size() == 5);
  CHECK(series["climate/temperature_cel"].unit == "Cel");
  CHECK(series["climate/temperature_cel"].title == "Temperature");
  REQUIRE(series["climate/temperature_cel"].points.size() == 2);
  CHECK(series["climate/temperature_cel"].points[0].t_ms == kStart + 10);
  CHECK(series["climate/temperature_cel"].points[0].mean == 21.5);
  CHECK(series["climate/temperature_cel"].points[0].n == 1);
  CHECK(series["climate/pressure_pa"].points.size() == 1);
  CHECK(series["state/on"].points[0].mean == 1);
  CHECK(series["state/wheels/1"].points[0].mean == 4);

  const std::string text = toJson(*all);
  CHECK(json::parseObject(text));
  CHECK(text.find("\"points\":[[" + std::to_string(kStart + 10) + ",1,21.5,21.5,21.5],[") != std::string::npos);
  CHECK(text.find("\"lossy_ms\":5}") != std::string::npos);
  const auto figures = rig.history->figures();
  CHECK(figures.state == State::ready);
  CHECK(figures.recorded == 6);
  CHECK(figures.series == 5);
  CHECK(figures.dropped == 0);
  CHECK(figures.bytes > 0);
}

TEST_CASE("a value that comes as numbers is kept as its text would be, if its fields are the channel's") {
  Rig rig(Rig::quick(), 10);
  rig.open();
  const auto shapeOf = [](const char* unit) {
    const auto channels = manifest(10, unit)->types[0].json->getArray("channels");
    return ChannelShape::of(*channels->getObject(0)->getObject("schema"));
  };
  const auto same = shapeOf("Cel"), other = shapeOf("K");
  // In the order of the shape's fields.
  REQUIRE(same->fields()[0].pointer == "/pressure_pa");
  const double values[] = {101325, 21.5}, zeros[] = {0, -0.0};
  CHECK(toJson(Numbers{same, values}) == R"({"pressure_pa":101325,"temperature_cel":21.5})");
  rig.history->record(rig.device, "climate", kStart + 100, Numbers{same, values});
  rig.history->record(rig.device, "climate", kStart + 200, R"({"temperature_cel":22,"pressure_pa":101326})");
  rig.history->record(rig.device, "climate", kStart + 300, Numbers{same, zeros});
  rig.history->record(rig.device, "climate", kStart + 400, Numbers{other, values});       // another unit
  rig.history->record(rig.device, "nothing", kStart + 400, Numbers{same, values});        // no such channel
  rig.history->record(rig.device, "climate", kStart + 4'000'000, Numbers{same, values});  // of the future
  rig.history->flush();
  const auto all = rig.ask(kStart, kStart + 1000, 500);
  REQUIRE(all);
  REQUIRE(all->series.size() == 2);
  for (const auto& one : all->series) {
    REQUIRE(one.points.size() == 3);
    CHECK(one.points[0].mean == (one.field == "/pressure_pa" ? 101325 : 21.5));
    CHECK(one.points[1].mean == (one.field == "/pressure_pa" ? 101326 : 22));
    CHECK(one.points[2].mean == 0);
    CHECK_FALSE(std::signbit(one.points[2].mean));
  }
  CHECK(rig.history->figures().refused == 2);
  // And thinned as any other.
  for (int i = 0; i < 10; ++i) rig.history->record(rig.device, "climate", kStart + 500, Numbers{same, values});
  CHECK(rig.history->figures().thinned > 0);
}

TEST_CASE("any span in any number of points is what brute force makes of the same values") {
  Rig rig;
  rig.open();
  std::mt19937_64 random(51);
  std::vector<Value> values;
  // Three hours in steps of one to six seconds; recorded as time goes.
  for (std::int64_t t = kStart; t < kStart + 3 * 3'600'000; t += 1000 + static_cast<std::int64_t>(random() % 5000)) {
    values.push_back({t, static_cast<double>(random() % 2000) - 1000});
    rig.clock.advance(std::chrono::milliseconds(t - rig.clock.ms()));
    rig.temperature(values.back().value, t);
    if (random() % 100 == 0) rig.history->flush();
  }
  rig.history->flush();
  CHECK(rig.history->figures().recorded == values.size());
  for (int round = 0; round < 60; ++round) {
    const std::int64_t from = kStart + static_cast<std::int64_t>(random() % (2 * 3'600'000));
    const std::int64_t to = from + 1 + static_cast<std::int64_t>(random() % (3 * 3'600'000));
    const std::size_t count = 1 + random() % 600;
    const auto points = rig.points(from, to, count);
    INFO("from " << from << " to " << to << " points " << count << " step " << rig.step_ms);
    if (rig.step_ms == 0) {
      same(points, bruteForce(values, from, to, 1));
    } else if (rig.step_ms % kSteps[0] != 0 || static_cast<std::size_t>((to - from) / 120'000) < count) {
      same(points, bruteForce(values, from, to, rig.step_ms));  // of single values
    } else {
      // Of roll-ups: those at both ends come whole.
      std::int64_t edge = 0;
      for (const std::int64_t step : kSteps)
        if (rig.step_ms % step == 0 &&
            sum(bruteForce(values, floorTo(from, step), floorTo(to - 1, step) + step, 1)) == sum(points))
          edge = step;
      REQUIRE(edge > 0);
      same(points, bruteForce(values, floorTo(from, edge), floorTo(to - 1, edge) + edge, rig.step_ms));
    }
  }
}

TEST_CASE("nothing is lost or counted twice while roll-ups go from memory to the file under the questions") {
  Settings settings = Rig::quick();
  settings.roll = std::chrono::milliseconds(1);  // of the test's clock
  Rig rig(settings);
  rig.open();
  std::atomic<bool> over{false};
  std::atomic<std::int64_t> recorded{0};
  std::thread writing([&] {
    for (int i = 0; i < 20'000; ++i) {
      recorded = i + 1;
      rig.temperature(i % 100, kStart + i);
      if (i % 50 == 0) rig.clock.advance(std::chrono::milliseconds(50));
    }
    over = true;
  });
  std::int64_t before = 0;
  while (!over) {
    const std::int64_t n = sum(rig.points(kStart - 30LL * 24 * 3'600'000, kStart + 3'600'000, 500));
    CHECK(n >= before);
    CHECK(n <= recorded);
    before = n;
  }
  writing.join();
  rig.history->flush();
  CHECK(sum(rig.points(kStart - 30LL * 24 * 3'600'000, kStart + 3'600'000, 500)) == 20'000);
  CHECK(rig.history->figures().dropped == 0);
}

TEST_CASE("history is there again after a restart, and goes on in the same steps") {
  Rig rig;
  rig.open();
  for (int i = 0; i < 30; ++i) rig.temperature(i, kStart + i * 1000);
  rig.close();
  rig.clock.advance(std::chrono::seconds(30));
  rig.open();
  for (int i = 30; i < 60; ++i) rig.temperature(i, kStart + i * 1000);
  rig.history->flush();
  const auto minute = rig.points(kStart - 365LL * 24 * 3'600'000, kStart + 60'000, 10);
  REQUIRE(minute.size() == 1);
  CHECK(minute[0].n == 60);
  CHECK(minute[0].min == 0);
  CHECK(minute[0].max == 59);
  CHECK(minute[0].mean == Approx(29.5));
  CHECK(rig.points(kStart, kStart + 60'000, 100).size() == 60);
}

TEST_CASE("a clock that is set back and forth leaves every value once and in order") {
  Rig rig;
  rig.open();
  std::vector<Value> values;
  auto put = [&](std::int64_t t, double value) {
    rig.temperature(value, t);
    values.push_back({t, value});
  };
  for (int i = 0; i < 100; ++i) put(kStart + i * 100, 1);
  rig.history->flush();
  rig.clock.setWall(kStart - 1'800'000);  // half an hour back
  for (int i = 0; i < 100; ++i) put(kStart - 1'800'000 + i * 100, 2);
  rig.history->flush();
  rig.clock.setWall(kStart + 5000);  // and forth again: the same times once more, which are there already
  for (int i = 50; i < 100; ++i) rig.temperature(3, kStart + i * 100);
  for (int i = 100; i < 150; ++i) put(kStart + i * 100, 4);
  rig.clock.advance(std::chrono::seconds(20));
  rig.history->flush();
  const auto points = rig.points(kStart - 3'600'000, kStart + 60'000, 1000);
  CHECK(rig.step_ms == 0);
  same(points, bruteForce(values, 0, kStart * 2, 1));
  const auto wide = rig.points(kStart - 3'600'000, kStart + 3'600'000, 4);
  same(wide, bruteForce(values, 0, kStart * 2, rig.step_ms));
  // Months of both sides: of roll-ups.
  CHECK(sum(rig.points(kStart - 100LL * 24 * 3'600'000, kStart + 24 * 3'600'000, 100)) == 250);
}

TEST_CASE("times that cannot be are left out: the future, long ago, and whatever a clock says that was never set") {
  Rig rig;
  rig.open();
  rig.temperature(1, kStart + 61'000);
  rig.temperature(1, kStart - 3'601'000);
  rig.temperature(1, std::numeric_limits<std::int64_t>::max());
  rig.temperature(1, std::numeric_limits<std::int64_t>::min());
  rig.temperature(1, -1);
  rig.clock.setWall(5000);  // 1970
  rig.temperature(1, 5000);
  rig.clock.setWall(kStart);
  rig.temperature(7, kStart);
  rig.history->flush();
  CHECK(rig.history->figures().refused == 6);
  CHECK(rig.history->figures().recorded == 1);
}

TEST_CASE("values that do not fit are left out and said once a minute") {
  Rig rig;
  rig.open();
  for (int i = 0; i < 5; ++i) rig.temperature(5000, kStart + i);
  CHECK(rig.said().size() == 1);
  CHECK(rig.saidSomething("d1: A value of the channel \"climate\" was not kept: /temperature_cel: The value is above"));
  rig.clock.advance(std::chrono::seconds(61));
  rig.temperature(5000, rig.clock.ms());
  CHECK(rig.saidSomething("5 values of the channel"));
  rig.history->record(rig.device, "no_such_channel", kStart, R"({"x":1})");
  rig.history->record(*DeviceId::parse("stranger"), "climate", kStart, R"({"temperature_cel":1})");
  rig.history->flush();
  CHECK(rig.history->figures().refused == 6);
  CHECK(rig.history->figures().recorded == 0);
}

TEST_CASE("a channel that is faster than it declares is thinned and that is said once") {
  Rig rig(Rig::quick(), 10);
  rig.open();
  for (int i = 0; i < 1000; ++i) rig.temperature(i, kStart + i * 10);  // 100 Hz for ten seconds
  rig.clock.advance(std::chrono::seconds(10));
  rig.history->flush();
  const auto figures = rig.history->figures();
  CHECK(figures.recorded >= 100);
  CHECK(figures.recorded <= 116);
  CHECK(figures.recorded + figures.thinned == 1000);
  CHECK(rig.said().size() == 1);
  // At the declared rate, with jitter and a stalled link, nothing is.
  for (int i = 0; i < 1000; ++i) rig.temperature(i, kStart + 20'000 + i * 100 + (i * 37) % 40 - 20);
  CHECK(rig.history->figures().thinned == figures.thinned);
}

TEST_CASE("there are only so many series, of all devices and of one, and the rest is counted") {
  Settings settings = Rig::quick();
  settings.max_series = 3;
  Rig rig(settings);
  rig.open();
  rig.history->record(rig.device, "climate", kStart, R"({"temperature_cel":1,"pressure_pa":1})");
  rig.history->record(rig.device, "state", kStart, R"({"on":true,"wheels":[1,2]})");
  rig.history->flush();
  CHECK(rig.history->figures().recorded == 3);
  CHECK(rig.history->figures().over_limit == 2);
  CHECK(rig.saidSomething("too many series"));
  settings.max_series = 100;
  rig.history->configure(settings);
  rig.history->record(rig.device, "state", kStart + 1, R"({"on":true,"wheels":[1,2]})");
  rig.history->flush();
  CHECK(rig.history->figures().recorded == 6);
  CHECK(rig.history->figures().over_limit == 0);
}

TEST_CASE("a channel of another unit is another series") {
  Rig rig;
  rig.open();
  rig.temperature(20, kStart);
  const auto other = manifest(1000, "K");
  rig.history->describe(rig.device, &other->types[0]);
  rig.temperature(293, kStart + 10);
  rig.history->describe(rig.device, nullptr);
  rig.temperature(294, kStart + 20);  // nobody knows what it is
  rig.history->flush();
  const auto answer = rig.ask(kStart, kStart + 100, 10);
  REQUIRE(answer);
  REQUIRE(answer->series.size() == 2);
  CHECK(answer->series[0].unit == "Cel");
  CHECK(answer->series[1].unit == "K");
  CHECK(answer->series[1].points.size() == 1);
}

TEST_CASE("a device's history can be erased, for good and over a restart, while others' stays") {
  Rig rig;
  rig.open();
  const DeviceId other = *DeviceId::parse("d2");
  const auto type = manifest();
  rig.history->describe(other, &type->types[0]);
  for (int i = 0; i < 100; ++i) {
    rig.temperature(i, kStart + i);
    rig.history->record(other, "climate", kStart + i, R"({"temperature_cel":5})");
  }
  rig.history->flush();
  CHECK(rig.erase());
  CHECK(rig.ask(kStart, kStart + 1000, 500)->series.empty());
  rig.temperature(7, kStart + 500);  // what comes later is new
  rig.history->flush();
  REQUIRE(rig.points(kStart, kStart + 1000, 500).size() == 1);
  rig.close();
  rig.open();
  for (int i = 0; i < 20; ++i) rig.history->flush();  // it is carried out in the background
  CHECK(rig.points(kStart, kStart + 1000, 500).size() == 1);
  CHECK(sum(rig.points(kStart - 90LL * 24 * 3'600'000, kStart + 60'000, 10)) == 1);
  std::promise<Result<Answer>> answer;
  rig.history->ask({other, "climate", kStart, kStart + 1000, 500}, [&](Result<Answer> a) { answer.set_value(a); });
  const auto kept = answer.get_future().get();
  REQUIRE(kept);
  CHECK(kept->series[0].points.size() == 100);

  rig.close();
  const auto file = std::filesystem::directory_iterator(rig.folder.path() / "history")->path();
  auto session = store::Session::open(file.string(), store::Session::Role::reader);
  REQUIRE(session);
  auto rows = (*session)->prepare("SELECT count(*) FROM raw");
  REQUIRE(rows->step());
  CHECK(rows->integer(0) == 101);
}

TEST_CASE("questions that make no sense, or come before and after, are refused with a sentence") {
  Rig rig;
  rig.open();
  CHECK(rig.ask(10, 10, 5).error().code == ErrorCode::invalid_argument);
  CHECK(rig.ask(-5, 10, 5).error().code == ErrorCode::invalid_argument);
  CHECK(rig.ask(kStart, kStart + 5, 0));  // at least one
  rig.history->end();
  CHECK(rig.ask(kStart, kStart + 5, 5).error().code == ErrorCode::unavailable);
  CHECK(rig.erase().error().code == ErrorCode::unavailable);
}
