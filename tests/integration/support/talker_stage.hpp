// A hub with a door for cameras that run the cloudtalker, and their program with the pipe through which it gets its
// orders.
#pragma once
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cctype>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>

#include "integration/support/hub_process.hpp"
#include "unit/store/temp_folder.hpp"

namespace robohub::integration {

inline bool ran(const std::string& program, const std::vector<std::string>& arguments, std::string* output = nullptr) {
  Process process;
  process.start(program, arguments);
  const auto code = process.exitCode(30s);
  if (output) *output = process.output();
  return code == 0;
}

// The camera's program, with the pipe through which it gets its orders.
class Talker {
 public:
  Talker(const std::filesystem::path& folder, const std::string& name, const std::string& address,
         const std::string& certificate, const std::string& key)
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

struct TalkerStage {
  robohub::test::TempFolder temp;
  HubProcess hub;
  std::string address;

  explicit TalkerStage(const std::string& more = "")
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
  // What the command has printed.
  std::string issue(const std::string& id) {
    std::string output;
    const bool issued = command({"certificate", "issue", "--device", id, "--out", temp.path().string()}, &output);
    INFO(output);
    REQUIRE(issued);
    return output;
  }
  // A certificate that is somebody else's, as NAME.crt and NAME.key.
  void selfSign(const std::string& name) {
    REQUIRE(ran("/usr/bin/openssl",
                {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                 "-subj", "/CN=" + name, "-keyout", file(name + ".key"), "-out", file(name + ".crt")}));
    std::filesystem::permissions(file(name + ".key"),
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  std::string fingerprint(const std::string& name) {
    std::string output;
    REQUIRE(
        ran("/usr/bin/openssl", {"x509", "-in", file(name + ".crt"), "-noout", "-fingerprint", "-sha256"}, &output));
    const auto at = output.find('=');
    std::string hex;
    for (const char c : output.substr(at + 1, 95))
      if (c != ':') hex += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return hex;
  }
  // The hub reads its settings again, with this behind those of its start.
  void reload(const std::string& more) {
    const std::string path = file("robohub.yaml");
    if (settings_.empty()) {
      std::ifstream from(path);
      settings_.assign(std::istreambuf_iterator<char>(from), {});
    }
    std::ofstream(path) << settings_ << more;
    hub.process().signal(SIGHUP);
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

 private:
  std::string settings_;  // of the start, once others were read
};

}  // namespace robohub::integration
