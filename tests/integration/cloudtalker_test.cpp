// Cameras that run the cloudtalker, over real TLS: who may come in, what is talked about, and a capture from their
// files to one video.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "integration/support/hub_process.hpp"
#include "support/slowness.hpp"
#include "unit/store/temp_folder.hpp"

using namespace robohub;
using namespace robohub::integration;

namespace {

namespace fs = std::filesystem;

bool ran(const std::string& program, const std::vector<std::string>& arguments, std::string* output = nullptr) {
  Process process;
  process.start(program, arguments);
  const auto code = process.exitCode(30s);
  if (output) *output = process.output();
  return code == 0;
}

// The camera's program, with the pipe through which it gets its orders.
class Talker {
 public:
  Talker(const fs::path& folder, const std::string& name, const std::string& address, const std::string& certificate,
         const std::string& key)
      : orders_((folder / (name + ".orders")).string()) {
    unlink(orders_.c_str());
    REQUIRE(mkfifo(orders_.c_str(), 0600) == 0);
    pipe_ = open(orders_.c_str(), O_RDWR | O_CLOEXEC);
    std::vector<std::string> arguments{"-e", address + "/ds/v3", "--orders", orders_};
    if (!certificate.empty()) arguments.insert(arguments.end(), {"-c", certificate, "-k", key});
    process.start(TEST_STANDINS "/cloudtalker", arguments);
  }
  ~Talker() { close(pipe_); }

  bool connected() { return process.line("connected TLSv1.2").has_value(); }
  bool says(const std::string& start, std::chrono::milliseconds patience = 10s) {
    return process.line(start, patience).has_value();
  }
  // Of lines that begin so.
  int count(const std::string& start) {
    int n = 0;
    std::istringstream lines(process.output());
    for (std::string line; std::getline(lines, line);) n += line.starts_with(start);
    return n;
  }
  void order(const std::string& text) {
    const std::string line = text + "\n";
    REQUIRE(write(pipe_, line.data(), line.size()) == static_cast<ssize_t>(line.size()));
  }

  Process process;

 private:
  const std::string orders_;
  int pipe_ = -1;
};

struct Stage {
  robohub::test::TempFolder temp;
  HubProcess hub;
  std::string address;

  explicit Stage(const std::string& more = "")
      : hub(temp.path(), "cloudtalker: {listen: 127.0.0.1:0, heartbeat: 7s}\n" + more) {
    start();
  }
  void start() {
    hub.start();
    const std::string door = "robohub: cloudtalker at ";
    const auto line = hub.process().line(door, 1s);
    INFO(hub.process().output());
    REQUIRE(line);
    address = line->substr(door.size());
  }
  std::string enrol(const std::string& id, const std::string& more = "") {
    const Answer answer = hub.request(
        "POST", "/api/v1/devices", R"({"id":")" + id + R"(","type":"cloud_camera","link":"cloudtalker")" + more + "}",
        hub.administrator());
    INFO(answer.body);
    REQUIRE(answer.status == 201);
    return json::getString(*answer.json, "instructions").value_or("");
  }
  bool command(const std::vector<std::string>& words, std::string* output = nullptr) {
    std::vector<std::string> arguments = words;
    arguments.insert(arguments.end(), {"--config", (temp.path() / "robohub.yaml").string()});
    return ran(TEST_BIN "/robohub", arguments, output);
  }
  void issue(const std::string& id) {
    std::string output;
    const bool issued = command({"certificate", "issue", "--device", id, "--out", temp.path().string()}, &output);
    INFO(output);
    REQUIRE(issued);
  }
  std::string file(const std::string& name) const { return (temp.path() / name).string(); }
  std::unique_ptr<Talker> talker(const std::string& id) {
    return std::make_unique<Talker>(temp.path(), id, address, file(id + ".crt"), file(id + ".key"));
  }
  int act(const std::string& id, const std::string& name) {
    return hub
        .request("POST", "/api/v1/devices/" + id + "/commands/" + name + "?wait_ms=5000", "{}", hub.administrator())
        .status;
  }
  std::string latest(const std::string& id) {
    return hub.request("GET", "/api/v1/devices/" + id + "/telemetry/latest", "", hub.administrator()).body;
  }
  std::vector<json::Object::Ptr> captures() {
    std::vector<json::Object::Ptr> all;
    const Answer answer = hub.request("GET", "/api/v1/captures", "", hub.administrator());
    const auto list = answer.json ? answer.json->getArray("captures") : nullptr;
    for (std::size_t i = 0; list && i < list->size(); ++i) all.push_back(list->getObject(static_cast<unsigned>(i)));
    return all;
  }
  bool ready(std::size_t count) {
    return eventually(
        [&] {
          const auto all = captures();
          return all.size() == count && std::all_of(all.begin(), all.end(), [](const auto& each) {
                   return json::getString(*each, "state").value_or("") == "ready";
                 });
        },
        30s);
  }
  std::string told() {
    std::string text;
    for (const auto& each : captures()) text += json::write(*each) + "\n";
    return text + hub.process().output();
  }
  // Three segments of two seconds, as a camera's recorder cuts them.
  void film(const std::string& format) {
    std::string output;
    const bool filmed = ran("/usr/bin/ffmpeg",
                            {"-v",
                             "error",
                             "-f",
                             "lavfi",
                             "-i",
                             "testsrc2=size=320x240:rate=10:duration=6",
                             "-c:v",
                             "libx264",
                             "-preset",
                             "ultrafast",
                             "-g",
                             "10",
                             "-pix_fmt",
                             "yuv420p",
                             "-f",
                             "segment",
                             "-segment_time",
                             "2",
                             "-reset_timestamps",
                             "1",
                             "-segment_format",
                             format == "ts" ? "mpegts" : "mp4",
                             file("%d." + format)},
                            &output);
    INFO(output);
    REQUIRE(filmed);
  }
  double duration(const json::Object::Ptr& capture) {
    const auto id = std::to_string(json::getInt(*capture, "id").value_or(0));
    const std::string video = file(id + ".joined.mp4");
    REQUIRE(ran("/usr/bin/curl", {"--silent", "--fail", "--cookie", hub.administrator(), "--output", video,
                                  hub.url() + "/api/v1/captures/" + id + "/video.mp4"}));
    std::string said;
    REQUIRE(ran("/usr/bin/ffprobe",
                {"-v", "error", "-show_entries", "format=duration", "-of", "default=nw=1:nk=1", video}, &said));
    return std::stod(said);
  }
};

}  // namespace

TEST_CASE("a cloudtalker with its certificate is online, hears what differs once, and obeys") {
  Stage stage;
  const std::string line = stage.enrol("door");
  CHECK(line.find("-c cert.pem -k key.pem -e 127.0.0.1:") != std::string::npos);
  CHECK(line.ends_with("/ds/v3"));
  stage.issue("door");
  const auto talker = stage.talker("door");
  REQUIRE(talker->connected());
  REQUIRE(talker->says("heard "));
  CHECK(talker->says("heard {\"id\":1,\"heartbeat_period\":7}"));
  CHECK(eventually([&] { return stage.hub.presence("door") == "online"; }));
  const auto device = stage.hub.device("door");
  CHECK(json::getString(*device, "link").value_or("") == "cloudtalker");
  CHECK(json::getString(*device, "halt").value_or("") == "none");
  CHECK(stage.act("door", "arm") == 200);
  CHECK(talker->says("command arm"));
  CHECK(stage.act("door", "arm") == 200);
  CHECK(stage.act("door", "capture") == 200);
  CHECK(stage.act("door", "capture") == 200);
  CHECK(stage.act("door", "disarm") == 200);
  CHECK(eventually([&] { return talker->count("command capture") == 2 && talker->count("command disarm") == 1; }));
  talker->order("alarm 1529842538");
  CHECK(eventually([&] { return stage.latest("door").find("1529842538000") != std::string::npos; }));
  CHECK(stage.latest("door").find("2018-06-24T12:15:38.000Z") != std::string::npos);
  CHECK(stage.hub.process().output().find("no good") == std::string::npos);
  talker->order("say Hello");
  talker->order("say {\"type\":\"reboot\"}");
  // Id and period, arm, two captures, disarm: nobody talks on.
  std::this_thread::sleep_for(1s);
  CHECK(talker->count("heard ") == 5);
  CHECK(talker->count("died") == 0);
  CHECK(stage.hub.presence("door") == "online");
}

TEST_CASE("only a certificate of ours or a registered one opens the cloudtalker's port, and only while it counts") {
  const auto make = [](const Stage& stage, const std::string& name) {
    REQUIRE(ran("/usr/bin/openssl",
                {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                 "-subj", "/CN=" + name, "-keyout", stage.file(name + ".key"), "-out", stage.file(name + ".crt")}));
    fs::permissions(stage.file(name + ".key"), fs::perms::owner_read | fs::perms::owner_write);
  };
  const auto fingerprint = [](const Stage& stage, const std::string& name) {
    std::string output;
    REQUIRE(ran("/usr/bin/openssl", {"x509", "-in", stage.file(name + ".crt"), "-noout", "-fingerprint", "-sha256"},
                &output));
    const auto at = output.find('=');
    std::string hex;
    for (const char c : output.substr(at + 1, 95))
      if (c != ':') hex += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return hex;
  };
  Stage stage;
  stage.enrol("door");
  stage.issue("door");
  {
    Talker nobody(stage.temp.path(), "nobody", stage.address, "", "");
    CHECK(nobody.says("refused: "));
  }
  make(stage, "stranger");
  CHECK(stage.talker("stranger")->says("refused: "));
  // Somebody else's certificate, registered for this device.
  stage.enrol("gate", ",\"fingerprint\":\"" + fingerprint(stage, "stranger") + "\"");
  const auto registered = stage.talker("stranger");
  CHECK(registered->connected());
  CHECK(eventually([&] { return stage.hub.presence("gate") == "online"; }));
  // Nothing else is answered there.
  std::string elsewhere;
  CHECK(ran("/usr/bin/curl",
            {"--silent", "--insecure", "--cert", stage.file("stranger.crt"), "--key", stage.file("stranger.key"),
             "--write-out", "%{http_code}", "https://" + stage.address + "/other"},
            &elsewhere));
  CHECK(elsewhere.ends_with("404"));
  // One of ours, but of a device that comes by another link.
  stage.hub.enrol("turret", "test_good");
  stage.issue("turret");
  CHECK(stage.talker("turret")->says("refused: HTTP/1.1 403"));
  const auto talker = stage.talker("door");
  REQUIRE(talker->connected());
  REQUIRE(talker->says("heard "));
  const auto revoked_at = std::chrono::steady_clock::now();
  REQUIRE(stage.command({"certificate", "revoke", fingerprint(stage, "door")}));
  CHECK(talker->says("closed", 5s));
  CHECK(std::chrono::steady_clock::now() - revoked_at < 4s);
  CHECK(eventually([&] { return stage.hub.presence("door") == "offline"; }));
  CHECK(stage.talker("door")->says("refused: "));
  // A device that is taken off the list is cut as well.
  CHECK(stage.hub.request("DELETE", "/api/v1/devices/gate", "", stage.hub.administrator()).status == 204);
  CHECK(registered->says("closed", 5s));
  CHECK(stage.talker("stranger")->says("refused: "));
}

TEST_CASE("a cloudtalker's segments become one video, with states in the midst of them") {
  Stage stage;
  stage.enrol("door");
  stage.issue("door");
  for (const std::string format : {"mp4", "ts"}) {
    INFO(format);
    stage.film(format);
    const std::string at = format == "ts" ? "1529842600" : "1529842538";
    const auto talker = stage.talker("door");
    REQUIRE(talker->connected());
    talker->order("start " + at + " pir");
    for (const char* number : {"0", "1", "2"})
      talker->order("segment " + at + " pir " + number + " " + stage.file(std::string(number) + "." + format));
    talker->order("end " + at + " pir");
    const bool all = stage.ready(format == "ts" ? 2 : 1);
    INFO(stage.told());
    REQUIRE(all);
    const auto capture = stage.captures().at(0);
    CHECK(json::getString(*capture, "trigger").value_or("") == "pir");
    CHECK(json::getInt(*capture, "started_ms").value_or(0) == std::stoll(at) * 1000);
    CHECK(capture->getArray("gaps")->empty());
    CHECK(stage.duration(capture) == Approx(6).margin(0.3));
  }
}

TEST_CASE("a capture whose link was lost goes on, repeated, after the camera's program was started again") {
  Stage stage;
  stage.film("mp4");
  stage.enrol("door");
  stage.issue("door");
  {
    const auto talker = stage.talker("door");
    REQUIRE(talker->connected());
    talker->order("start 100 request");
    talker->order("segment 100 request 0 " + stage.file("0.mp4"));
    talker->order("cut 100 request 1 " + stage.file("1.mp4"));
    CHECK(eventually([&] { return stage.hub.presence("door") == "offline"; }));
    CHECK(talker->process.running());  // it hangs about
  }
  const auto talker = stage.talker("door");
  REQUIRE(talker->connected());
  for (const char* number : {"0", "1", "2"})
    talker->order(std::string("segment 100 request ") + number + " " + stage.file(std::string(number) + ".mp4"));
  // The next capture begins without an end of this one.
  talker->order("segment 200 request 0 " + stage.file("0.mp4"));
  talker->order("end 200 request");
  const bool all = stage.ready(2);
  INFO(stage.told());
  REQUIRE(all);
  const auto capture = stage.captures().at(1);
  CHECK(capture->getArray("gaps")->empty());
  CHECK(stage.duration(capture) == Approx(6).margin(0.3));
}

TEST_CASE("two programs that send captures at once, and one that goes on behind its end, lose no segment") {
  Stage stage;
  stage.film("mp4");
  stage.enrol("door");
  stage.issue("door");
  const auto talker = stage.talker("door");
  REQUIRE(talker->connected());
  for (const char* number : {"0", "1", "2"})
    for (const char* at : {"100", "200"})
      talker->order(std::string("segment ") + at + " pir " + number + " " + stage.file(std::string(number) + ".mp4"));
  for (const char* at : {"100", "200"}) talker->order(std::string("end ") + at + " pir");
  // The one that the other's beginning has ended is in two parts.
  bool all = stage.ready(3);
  talker->order("segment 200 pir 3 " + stage.file("0.mp4"));
  talker->order("end 200 pir");
  all = stage.ready(4) && all;
  INFO(stage.told());
  REQUIRE(all);
  double seconds = 0;
  for (const auto& capture : stage.captures()) seconds += stage.duration(capture);
  CHECK(seconds == Approx(14).margin(0.5));
}

TEST_CASE("a long segment is kept whole, and does not gather in the hub's memory") {
  constexpr std::size_t kBytes = 12 * 1024 * 1024;
  Stage stage;
  stage.enrol("door");
  stage.issue("door");
  std::string noise(kBytes, 'G');  // as a transport stream begins
  for (std::size_t i = 1; i < noise.size(); ++i) noise[i] = static_cast<char>(i * 2654435761u >> 13);
  std::ofstream(stage.file("long.ts"), std::ios::binary) << noise;
  const auto residentKb = [&] {
    std::ifstream status("/proc/" + std::to_string(stage.hub.process().pid()) + "/status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
    return 0L;
  };
  const auto talker = stage.talker("door");
  REQUIRE(talker->connected());
  const long before = residentKb();
  long most = before;
  talker->order("segment 100 pir 0 " + stage.file("long.ts"));
  talker->order("segment 100 pir 1 " + stage.file("long.ts"));
  talker->order("end 100 pir");
  const bool kept = eventually(
      [&] {
        most = std::max(most, residentKb());
        const auto all = stage.captures();
        return !all.empty() && json::getString(*all[0], "state").value_or("") != "open";
      },
      60s);
  INFO(stage.told());
  REQUIRE(kept);
  if (robohub::test::kSlowness == 1) CHECK(most - before < 12 * 1024);  // sanitizers keep what is freed
  const auto id = std::to_string(json::getInt(*stage.captures()[0], "id").value_or(0));
  const auto answer = stage.hub.request("GET", "/api/v1/captures/" + id, "", stage.hub.administrator());
  CHECK(answer.body.find("\"number\":0,\"bytes\":" + std::to_string(kBytes)) != std::string::npos);
  CHECK(answer.body.find("\"number\":1,\"bytes\":" + std::to_string(kBytes)) != std::string::npos);
}

TEST_CASE("a camera that was armed is armed again after a restart of hub and camera") {
  Stage stage;
  stage.enrol("door");
  stage.issue("door");
  {
    const auto talker = stage.talker("door");
    REQUIRE(talker->connected());
    REQUIRE(talker->says("heard "));
    REQUIRE(stage.act("door", "arm") == 200);
    CHECK(talker->says("command arm"));
    stage.hub.process().kill();
    CHECK(talker->says("closed"));
  }
  stage.start();
  const auto talker = stage.talker("door");
  REQUIRE(talker->connected());
  CHECK(talker->says("command arm"));
  CHECK(eventually([&] { return stage.latest("door").find("\"armed\":true") != std::string::npos; }));
  CHECK(talker->count("heard ") == 1);
}

TEST_CASE("a camera that never dials again outlives a hub that stood still") {
  Stage stage;
  stage.enrol("door");
  stage.issue("door");
  const auto talker = stage.talker("door");
  REQUIRE(talker->connected());
  REQUIRE(talker->says("heard "));
  REQUIRE(stage.act("door", "arm") == 200);
  CHECK(eventually([&] { return stage.latest("door").find("\"armed\":true") != std::string::npos; }));
  stage.hub.process().signal(SIGSTOP);
  std::this_thread::sleep_for(4s);  // longer than a device may be silent
  stage.hub.process().signal(SIGCONT);
  REQUIRE(eventually([&] { return stage.hub.timesOnline("door") >= 2; }));
  CHECK(eventually([&] { return stage.hub.presence("door") == "online"; }));
  CHECK(talker->count("closed") == 0);
  CHECK(eventually([&] { return stage.latest("door").find("\"armed\":true") != std::string::npos; }));
  // Nothing had to be said for it: id and period, and the command.
  CHECK(talker->count("heard ") == 2);
  CHECK(stage.act("door", "capture") == 200);
  CHECK(stage.act("door", "disarm") == 200);
  talker->order("alarm 1529842538");
  CHECK(eventually([&] { return stage.latest("door").find("1529842538000") != std::string::npos; }));
  // A revocation closes it as before.
  CHECK(stage.hub.request("DELETE", "/api/v1/devices/door", "", stage.hub.administrator()).status == 204);
  CHECK(talker->says("closed", 5s));
}
