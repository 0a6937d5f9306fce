#include "net/mjpeg_reader.hpp"

#include "net/http_write.hpp"
#include "net/multipart.hpp"
#include "net/response_reader.hpp"

namespace robohub::net {
namespace {

class MjpegCall final : public ConnectionUser, public std::enable_shared_from_this<MjpegCall> {
 public:
  MjpegCall(Loop& loop, const HttpUrl& url, MjpegOptions options, std::function<void(std::string_view)> on_picture,
            std::function<void(Error)> on_ended)
      : loop_(loop),
        url_(url),
        options_(options),
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
    auto head = requestHead("GET", url_.target, url_.endpoint.hostField(),
                            {{"Accept", "multipart/x-mixed-replace, */*"}}, 0, false);
    if (head.empty()) return end({ErrorCode::invalid_argument, "The camera's address holds control characters.", {}});
    connection_ = std::move(*connection);
    if (auto status = connection_->start(loop_, self); !status) return end(status.error());
    connection_->send(shareBytes(std::move(head)), SendClass::control);
  }

  bool readHead() {
    const auto& response = reader_.response();
    if (response.status != 200) {
      end({ErrorCode::unavailable, "The camera answered " + std::to_string(response.status) + ".", {}});
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

  void part(std::string_view body) {
    // Not every camera says the type of its parts truly; the start of a JPEG cannot be mistaken.
    if (ended_ || body.size() < 4 || body.substr(0, 3) != "\xff\xd8\xff") return;
    deadline(options_.stall);
    const auto callback = on_picture_;
    callback(body);
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
    end({ErrorCode::timeout, "The camera sends no pictures.", {}});
  }

  void end(const Error& why) {
    const auto self = shared_from_this();
    ended_ = true;
    if (timer_) loop_.cancel(std::exchange(timer_, 0));
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
  TimerId timer_ = 0;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Pending> readMjpeg(Loop& loop, const HttpUrl& url, MjpegOptions options,
                                   std::function<void(std::string_view)> on_picture,
                                   std::function<void(Error)> on_ended) {
  auto call = std::make_shared<MjpegCall>(loop, url, options, std::move(on_picture), std::move(on_ended));
  call->begin();
  return std::make_unique<PendingCall<MjpegCall>>(std::move(call));
}

}  // namespace robohub::net
