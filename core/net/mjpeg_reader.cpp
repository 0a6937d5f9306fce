#include "net/mjpeg_reader.hpp"

#include "net/http_write.hpp"
#include "net/multipart.hpp"
#include "net/response_reader.hpp"

namespace robohub::net {
namespace {

constexpr Duration kBurst = std::chrono::milliseconds(100);  // how far a fast camera may run ahead of its rate

// Null when it is a whole JPEG, as far as its two ends tell. Not every camera says the type of its parts truly; the
// start of a JPEG cannot be mistaken.
const char* faultOf(std::string_view body) {
  if (body.empty()) return "an empty picture";
  if (body.substr(0, 3) != "\xff\xd8\xff") return "something that is no JPEG";
  while (!body.empty() && body.back() == '\0') body.remove_suffix(1);
  return body.size() >= 5 && body.substr(body.size() - 2) == "\xff\xd9" ? nullptr : "a JPEG that is cut short";
}

class MjpegCall final : public ConnectionUser, public std::enable_shared_from_this<MjpegCall> {
 public:
  MjpegCall(Loop& loop, const HttpUrl& url, MjpegOptions options, std::function<void(std::string_view)> on_picture,
            std::function<void(Error)> on_ended)
      : loop_(loop),
        url_(url),
        options_(std::move(options)),
        on_picture_(std::move(on_picture)),
        on_ended_(std::move(on_ended)),
        // One read of the socket at a time is held here; the pictures gather in the multipart reader.
        reader_(false, 2 * Loop::kReadBufferBytes) {}

  void begin() {
    deadline(options_.connect_timeout);
    dial_ = dial(loop_, url_.endpoint, options_.connect_timeout,
                 [this](Result<std::shared_ptr<Connection>> connection) { connected(std::move(connection)); });
  }

  void cancel() {
    ended_ = true;
    on_picture_ = nullptr;
    on_ended_ = nullptr;
    end({});
  }

  void onBytes(std::span<char> bytes) override {
    const auto self = shared_from_this();
    if (auto status = reader_.feed({bytes.data(), bytes.size()}); !status) return end(status.error());
    if (!reader_.headDone()) return;
    if (!parts_ && !readHead()) return;
    const auto status = parts_->feed(reader_.body());
    if (ended_) return;
    if (!status) return end(status.error());
    reader_.body().clear();
    pace(bytes.size());
    if (reader_.complete() || parts_->finished()) end({ErrorCode::unavailable, "The camera ended its stream.", {}});
  }
  void onPeerEnd() override { end({ErrorCode::unavailable, "The camera ended its stream.", {}}); }
  void onTooSlow() override {}
  void onClosed(const Error& why) override { end(why); }

 private:
  void connected(Result<std::shared_ptr<Connection>> connection) {
    const auto self = shared_from_this();
    if (!connection) return end(connection.error());
    // HTTP/1.1 with close: some cameras cut an answer to keep-alive into chunks, which is understood too.
    auto headers = options_.headers;
    headers.set("Accept", "multipart/x-mixed-replace, */*");
    auto head = requestHead("GET", url_.target, url_.endpoint.hostField(), headers, 0, false);
    if (head.empty()) return end({ErrorCode::invalid_argument, "The camera's address holds control characters.", {}});
    connection_ = std::move(*connection);
    if (auto status = connection_->start(loop_, self); !status) return end(status.error());
    connection_->send(shareBytes(std::move(head)), SendClass::control);
  }

  bool readHead() {
    const auto& response = reader_.response();
    if (response.status != 200) {
      end(refusalOf(response.status));
      return false;
    }
    auto boundary = multipartBoundary(response.headers.get("Content-Type"));
    if (!boundary) {
      end(boundary.error());
      return false;
    }
    MultipartReader::Limits limits;
    limits.max_part_bytes = options_.max_picture_bytes;
    parts_ = std::make_unique<MultipartReader>(std::move(*boundary), limits,
                                               [this](std::string_view, std::string_view body) { part(body); });
    deadline(options_.stall);
    return true;
  }

  Error refusalOf(int status) const {
    std::string sentence = "The camera answered ";
    sentence += std::to_string(status);
    if (status == 401 || status == 403)
      sentence += options_.headers.has("Authorization") ? ": it does not take the name and password"
                                                        : ": it wants a name and a password";
    if (status >= 300 && status < 400) sentence += ": it sends to another address, which is not followed";
    return {ErrorCode::unavailable, sentence + ".", {}};
  }

  void part(std::string_view body) {
    if (ended_) return;
    if (const char* fault = faultOf(body)) {
      newest_fault_ = fault;
      if (options_.on_bad) {
        const auto callback = options_.on_bad;
        std::string sentence = "The camera sent ";
        callback((sentence += fault) += '.');
      }
      return;
    }
    newest_fault_ = nullptr;
    deadline(options_.stall);
    const auto callback = on_picture_;
    callback(body);
  }

  // A camera that sends faster than its rate is left waiting: the loop is everybody's.
  void pace(std::size_t bytes) {
    if (options_.max_bytes_per_s == 0 || !connection_) return;
    const auto now = loop_.now();
    const auto took = Duration(std::chrono::seconds(1)) * static_cast<Duration::rep>(bytes) /
                      static_cast<Duration::rep>(options_.max_bytes_per_s);
    paced_until_ = std::max(paced_until_, now) + took;
    if (pace_timer_ || paced_until_ < now + kBurst) return;
    connection_->pauseReading(true);
    pace_timer_ = loop_.after(paced_until_ - now, [this] {
      pace_timer_ = 0;
      if (connection_) connection_->pauseReading(false);
    });
  }

  // The timer is left running and looked at when it fires.
  void deadline(Duration from_now) {
    due_ = loop_.now() + from_now;
    if (!timer_) timer_ = loop_.after(from_now, [this] { check(); });
  }

  void check() {
    timer_ = 0;
    if (loop_.now() < due_) {
      timer_ = loop_.after(due_ - loop_.now(), [this] { check(); });
      return;
    }
    std::string sentence = "The camera sends no pictures";
    if (newest_fault_) (sentence += ", but ") += newest_fault_;
    end({ErrorCode::timeout, sentence + ".", {}});
  }

  void end(const Error& why) {
    const auto self = shared_from_this();
    ended_ = true;
    if (timer_) loop_.cancel(std::exchange(timer_, 0));
    if (pace_timer_) loop_.cancel(std::exchange(pace_timer_, 0));
    dial_.reset();
    const auto callback = std::move(on_ended_);
    on_ended_ = nullptr;
    if (const auto connection = std::move(connection_)) connection->close({ErrorCode::unavailable, "Done.", {}});
    if (callback) callback(why);
  }

  Loop& loop_;
  const HttpUrl url_;
  const MjpegOptions options_;
  std::function<void(std::string_view)> on_picture_;
  std::function<void(Error)> on_ended_;
  ResponseReader reader_;
  std::unique_ptr<MultipartReader> parts_;
  std::unique_ptr<Pending> dial_;
  std::shared_ptr<Connection> connection_;
  MonoTime due_{};
  MonoTime paced_until_{};
  const char* newest_fault_ = nullptr;  // since the newest whole picture
  TimerId timer_ = 0;
  TimerId pace_timer_ = 0;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Pending> readMjpeg(Loop& loop, const HttpUrl& url, MjpegOptions options,
                                   std::function<void(std::string_view)> on_picture,
                                   std::function<void(Error)> on_ended) {
  auto call = std::make_shared<MjpegCall>(loop, url, std::move(options), std::move(on_picture), std::move(on_ended));
  call->begin();
  return std::make_unique<PendingCall<MjpegCall>>(std::move(call));
}

}  // namespace robohub::net
