// What a page says on its live socket: a line each, said by a guest, or by an administrator where it begins with '!'.
// Whatever it is, the hub answers what asked for an answer exactly by its ref, says only JSON, and the socket goes on
// unless the session has ended.
#include <map>
#include <stdexcept>
#include <string>

#include "net/utf8.hpp"
#include "target.hpp"
#include "whole_hub.hpp"

using namespace robohub;

namespace {

constexpr int kLines = 8;
constexpr int kSaidAtMost = 1800;  // by one socket: the hub takes a burst of 2,000

class Page {
 public:
  void signIn(const std::string& cookie) { cookie_ = cookie, socket_.reset(); }
  test::WebSocketPeer& socket(test::TestHub& hub) {
    if (!socket_ || said_ > kSaidAtMost) {
      socket_ = std::make_unique<test::WebSocketPeer>(hub.page(cookie_));
      if (socket_->status() != 101) throw std::runtime_error("closed with no session");
      said_ = 0;
    }
    said_ += 1 + kLines;
    return *socket_;
  }

 private:
  std::string cookie_;
  std::unique_ptr<test::WebSocketPeer> socket_;
  int said_ = 0;
};

// What must be answered, by ref; "" for what is no message at all.
void expect(std::map<std::string, int>& refs, std::string_view line) {
  const auto object = json::parseObject(line);
  const auto ref = object && (*object)->has("ref") ? json::getString(**object, "ref") : Result<std::string>("");
  if (!object || !ref || ref->size() > 64)
    ++refs[""];
  else if (!ref->empty())
    ++refs[*ref];
}

void talk(test::WebSocketPeer& page, const std::vector<std::string_view>& lines) {
  std::map<std::string, int> refs;
  for (const auto line : lines) {
    expect(refs, line);
    page.send(line);
  }
  page.send(R"({"type":"ping"})");
  const auto answered = [&page](const std::string& ref) {
    return fuzz::WholeHub::patiently([&] {
      return page.answerTo([&ref](const json::Object& each) {
        const auto type = json::getString(each, "type").value_or("");
        if (type != "ok" && type != "error") return false;
        if (type == "error")
          fuzz::promise(!json::getString(each, "detail").value_or("").empty() &&
                            json::getString(each, "code").value_or("internal") != "internal",
                        "an error says what is wrong with what was said");
        return json::getString(each, "ref").value_or("") == ref;
      });
    });
  };
  for (const auto& [ref, times] : refs)
    for (int i = 0; i < times; ++i) answered(ref);
  fuzz::WholeHub::patiently([&] { return page.get("pong"); });
  page.forget();
}

// Passwords are hashed when nobody else has anything to do, which may be late.
std::string signInAsAdministrator(const test::TestHub& hub) {
  try {
    return hub.administrator();
  } catch (const std::runtime_error&) {
    return fuzz::WholeHub::patiently([&] {
      const auto answer = hub.post("/api/v1/session", R"({"username":"root","password":"correct horse"})");
      if (answer.status != 200) throw std::runtime_error("nothing came but a refusal: " + answer.body);
      return test::TestHub::cookieOf(answer);
    });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::WholeHub whole(4000);
  static Page guest, administrator;
  static int guests = 0;
  std::vector<std::string_view> of_guest, of_administrator;
  auto rest = fuzz::text(data, size);
  for (int i = 0; i < kLines && !rest.empty(); ++i) {
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    // A text that is not UTF-8 ends its socket by the rules of WebSockets; that is another target's.
    if (!net::isUtf8(line)) continue;
    if (line.starts_with('!'))
      of_administrator.push_back(line.substr(1));
    else
      of_guest.push_back(line);
  }
  if (whole.renew()) {
    administrator.signIn(signInAsAdministrator(whole.hub()));
    ++guests;
    guest.signIn(fuzz::WholeHub::patiently([&] { return whole.hub().guest("Guest " + std::to_string(guests)); }));
  }
  try {
    talk(administrator.socket(whole.hub()), of_administrator);
    talk(guest.socket(whole.hub()), of_guest);
  } catch (const std::runtime_error& ended) {
    const std::string why = ended.what();
    fuzz::promise(why.starts_with("closed with no session") || why.starts_with("closed with 1008") ||
                      why.starts_with("closed with 4003"),
                  ("a page's socket goes on while its session does: " + why).c_str());
    whole.spoil();
  }
  return 0;
}
