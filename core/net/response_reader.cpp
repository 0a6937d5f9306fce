#include "net/response_reader.hpp"

namespace robohub::net {
namespace {

tl::unexpected<Error> notHttp(const HttpRefusal& why) {
  return fail(why.status == 431 ? ErrorCode::too_large : ErrorCode::corrupt,
              "The server's answer is not HTTP: " + why.message);
}

}  // namespace

Status ResponseReader::feed(std::string_view bytes) {
  if (!head_done_) {
    head_.append(bytes);
    return takeHead();
  }
  if (!complete_)
    if (auto taken = takeBody(bytes); !taken) return taken;
  head_.append(bytes);
  return {};
}

Status ResponseReader::takeHead() {
  for (;;) {
    const auto end = findHeadEnd(head_, scanned_, max_head_bytes_);
    if (!end) return notHttp(end.error());
    scanned_ = *end == 0 ? head_.size() : 0;
    if (*end == 0) return {};
    auto parsed = parseResponseHead(std::string_view(head_).substr(0, *end), to_head_request_);
    if (!parsed) return notHttp(parsed.error());
    head_.erase(0, *end);
    if (parsed->status < 200 && parsed->status != 101) continue;
    response_ = std::move(*parsed);
    head_done_ = true;
    left_ = response_.body.length;
    complete_ = response_.body.kind == BodyFraming::Kind::none;
    if (complete_) return {};
    const auto behind = std::move(head_);
    head_.clear();
    return feed(behind);
  }
}

Status ResponseReader::takeBody(std::string_view& bytes) {
  const auto tooLarge = [] { return fail(ErrorCode::too_large, "The server's answer is too long."); };
  if (response_.body.kind == BodyFraming::Kind::chunked) {
    switch (chunks_.feed(bytes, body_, max_body_bytes_)) {
      case ChunkedDecoder::State::more: return {};
      case ChunkedDecoder::State::done: complete_ = true; return {};
      case ChunkedDecoder::State::bad: return fail(ErrorCode::corrupt, "The server's answer is cut into wrong chunks.");
      case ChunkedDecoder::State::too_large: return tooLarge();
    }
  }
  auto take = bytes.size();
  if (response_.body.kind == BodyFraming::Kind::length) {
    take = static_cast<std::size_t>(std::min<std::uint64_t>(left_, take));
    left_ -= take;
    complete_ = left_ == 0;
  }
  if (body_.size() + take > max_body_bytes_) return tooLarge();
  body_.append(bytes.substr(0, take));
  bytes.remove_prefix(take);
  return {};
}

Status ResponseReader::end() {
  if (head_done_ && response_.body.kind == BodyFraming::Kind::until_close) complete_ = true;
  if (!complete_) return fail(ErrorCode::corrupt, "The server ended its answer too early.");
  return {};
}

}  // namespace robohub::net
