#include "api/file_answer.hpp"

#include "api/byte_range.hpp"
#include "api/session_closer.hpp"
#include "identity/backoff.hpp"

namespace robohub::api {

namespace {

constexpr std::size_t kChunk = 256 * 1024;

// The fields that the whole file, a piece of it and "not modified" have in common.
net::HttpResponse headOf(const FileAnswer& answer) {
  net::HttpResponse head;
  head.content_type = answer.content_type;
  addSecurityHeaders(head);
  // Opened on its own, a browser wraps a page around it that plays it; that page may do nothing else.
  head.headers.set("Content-Security-Policy",
                   "default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors "
                   "'none'");
  head.headers.set("Cache-Control", "private, no-cache");
  head.headers.set("ETag", answer.file.etag);
  head.headers.set("Accept-Ranges", "bytes");
  head.headers.set("Content-Disposition",
                   std::string(answer.download ? "attachment" : "inline") + "; filename=\"" + answer.file.name + "\"");
  return head;
}

// [its loop] but for the answers of reads, which post.
class Sending : public std::enable_shared_from_this<Sending> {
 public:
  Sending(Context& context, net::Loop& loop, FileAnswer answer, ByteRange range)
      : captures_(*context.captures),
        loop_(loop),
        answer_(std::move(answer)),
        next_(range.first),
        end_(range.last + 1) {}

  void begin(Context& context, const Request& request, net::HttpResponse head, const DeviceId& device) {
    stream_ = request.exchange->stream(std::move(head));
    if (!stream_) return;
    const auto end = [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->end();
    };
    stream_->onClosed(end);
    // The stream holds what reads for it.
    stream_->onDrained([self = shared_from_this()] { self->drained(); });
    session_ = context.session_closer.keep(
        loop_, *request.session, [end](SessionCloser::Why) { end(); },
        [&context, session = *request.session, device] {
          const auto watched = context.devices.find(device);
          const identity::Place place = watched ? watched->place() : identity::Place();
          return watched && context.identity.may(&session, Permission::watch, &place);
        });
    ask();
  }

 private:
  void ask() {
    if (asked_ || next_ == end_) return;
    asked_ = true;
    const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(kChunk, end_ - next_));
    captures_.read(answer_.file, next_, bytes, [self = shared_from_this()](Result<std::string> got) {
      auto chunk = got && !got->empty() ? shareBytes(std::move(*got)) : nullptr;
      self->loop_.post([self, chunk] { self->take(chunk); });
    });
  }
  void take(const SharedBytes& chunk) {
    asked_ = false;
    if (!stream_) return;
    if (!chunk) return end();  // cut short on the disk: the peer sees that less came than was said
    next_ += chunk->size();
    ready_ = chunk;
    if (stream_->queuedBytes() == 0) drained();
  }
  // One chunk is on its way while the next one is read.
  void drained() {
    if (!stream_) return;
    if (ready_) {
      stream_->send({std::exchange(ready_, nullptr)}, net::SendClass::control);
      ask();
    } else if (next_ == end_ && !asked_) {
      end();
    }
  }
  void end() {
    session_.reset();
    answer_.place.reset();
    if (const auto stream = std::exchange(stream_, nullptr)) stream->close();
  }

  const media::Captures& captures_;
  net::Loop& loop_;
  FileAnswer answer_;
  std::uint64_t next_, end_;
  bool asked_ = false;
  SharedBytes ready_;
  std::shared_ptr<net::HttpStream> stream_;  // null: over
  std::shared_ptr<void> session_;
};

bool sameState(std::string_view if_none_match, const std::string& etag) {
  return if_none_match == "*" || if_none_match.find(etag) != std::string_view::npos;
}

}  // namespace

std::shared_ptr<void> FilePlaces::take(const std::shared_ptr<FilePlaces>& places, const identity::Person& person,
                                       const std::string& address) {
  std::vector<std::pair<std::string, int>> limits{{"person " + person.id.str(), places->of_person_}};
  if (person.kind == identity::PersonKind::guest) {
    limits.emplace_back("guests", kOfGuests);
    // Behind a proxy that is not listed all come from this machine.
    if (!identity::isThisMachine(address))
      limits.emplace_back("guests of " + identity::addressKey(address), kOfGuestAddress);
  }
  Lock lock(places->mutex_);
  if (places->taken_ >= kAll) return nullptr;
  // Looked up before anything is put in: who is refused leaves nothing behind.
  for (const auto& [key, most] : limits)
    if (const auto found = places->by_key_.find(key); found != places->by_key_.end() && found->second >= most)
      return nullptr;
  ++places->taken_;
  for (const auto& [key, most] : limits) ++places->by_key_[key];
  // Not null, which says that there is no place.
  return {static_cast<void*>(places.get()), [places, limits](void*) {
            Lock back(places->mutex_);
            --places->taken_;
            for (const auto& [key, most] : limits)
              if (--places->by_key_[key] == 0) places->by_key_.erase(key);
          }};
}

std::size_t FilePlaces::holders() const {
  Lock lock(mutex_);
  return by_key_.size();
}

void answerFile(Context& context, const Request& request, FileAnswer answer, const DeviceId& device) {
  net::Loop& loop = request.exchange->loop();
  if (!loop.inLoop()) {
    loop.post(
        [&context, request, answer = std::move(answer), device] { answerFile(context, request, answer, device); });
    return;
  }
  const net::HttpHead& asked = request.exchange->head();
  net::HttpResponse head = headOf(answer);
  if (sameState(asked.headers.get("If-None-Match"), answer.file.etag)) {
    head.status = 304;
    head.content_type.clear();
    return request.exchange->respond(std::move(head));
  }
  const bool get = asked.method == "GET";
  const std::uint64_t bytes = answer.file.bytes;
  const WantedBytes wanted =
      wantedBytes(get ? asked.headers.get("Range") : "", asked.headers.get("If-Range"), answer.file.etag, bytes);
  if (!wanted.satisfiable) {
    head = net::HttpResponse::empty(416);
    head.headers.set("Content-Range", "bytes */" + std::to_string(bytes));
    return request.answer(std::move(head));
  }
  const ByteRange range = wanted.range.value_or(ByteRange{0, bytes - 1});
  head.headers.set("Content-Length", std::to_string(range.last - range.first + 1));
  if (wanted.range) {
    head.status = 206;
    head.headers.set("Content-Range", "bytes " + std::to_string(range.first) + "-" + std::to_string(range.last) + "/" +
                                          std::to_string(bytes));
  }
  auto sending = std::make_shared<Sending>(context, loop, std::move(answer), range);
  sending->begin(context, request, std::move(head), device);
}

}  // namespace robohub::api
