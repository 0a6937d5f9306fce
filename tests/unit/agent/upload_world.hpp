// The agent's shell and a hub that are modelled for the upload's rules, with links that are cut anywhere.
#pragma once
#include <catch2/catch.hpp>

#include <map>
#include <random>
#include <set>

#include "agent/capture_upload.hpp"

namespace robohub::agent::test {

using namespace std::chrono_literals;

inline std::string content(const std::string& key, std::uint32_t number, std::size_t bytes) {
  std::string out(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i)
    out[i] = static_cast<char>(i * 7 + number * 31 + static_cast<unsigned char>(key.back()));
  return out;
}

inline constexpr const char* kNotBegun = "This capture was not begun on this link.";

// The shell and the hub. The hub keeps what it has over cut links, as files do.
struct World {
  MonoTime now = MonoTime(1h);
  CaptureUpload upload;
  UploadEffects effects;
  std::map<std::pair<std::string, std::uint32_t>, std::string> files;  // the outbox
  std::set<std::string> captures;                                      // its records
  std::vector<std::string> told;

  bool up = false;
  std::set<std::string> begun;  // on this link, and not ended
  std::map<std::pair<std::string, std::uint32_t>, std::string> stored, partly;
  std::map<std::string, std::uint32_t> ended;
  std::set<std::string> closed;
  std::optional<link::SegmentReady> offered;
  std::uint64_t acked = 0, most_ahead = 0;
  int stores = 0, pieces = 0;
  std::optional<ErrorCode> answer;      // of the hub to the next segments
  std::optional<ErrorCode> end_answer;  // to the next ends
  // Of the agent's own disk.
  std::optional<ErrorCode> hash_fault, read_fault;

  void record(const std::string& key, std::int64_t started_ms) {
    captures.insert(key);
    upload.add(OutboxCapture{key, "pir", started_ms, false, 0});
  }
  void segment(const std::string& key, std::uint32_t number, std::size_t bytes) {
    files[{key, number}] = content(key, number, bytes);
    upload.add(OutboxSegment{key, number, bytes, "mp4"});
  }
  void end(const std::string& key, std::uint32_t segments) {
    upload.add(OutboxCapture{key, "pir", key.back() * 1000, true, segments});
  }
  void linkUp() {
    up = true;
    begun.clear();
    offered.reset();
    upload.linkUp(now, effects);
  }
  void linkDown() {
    up = false;
    upload.linkDown();
    // What was said went nowhere; only the disk still answers.
    std::erase_if(effects, [](const auto& effect) {
      return std::holds_alternative<upload::Say>(effect) || std::holds_alternative<upload::SendPiece>(effect);
    });
  }

  // Does one thing. False: there is nothing to do.
  bool step() {
    if (effects.empty()) upload.pump(now, effects);
    if (effects.empty()) return false;
    const auto effect = effects.front();
    effects.erase(effects.begin());
    std::visit([this](const auto& each) { carry(each); }, effect);
    return true;
  }
  void settle(int steps = 100'000) {
    while (steps-- > 0 && step()) {
    }
    REQUIRE(steps > 0);
  }
  void wait(Duration time) {
    now += time;
    upload.tick(now, effects);
    settle();
  }

  void hear(const link::HubMessage& message) {
    if (up) upload.take(message, now, effects);
  }
  void carry(const upload::Say& say) {
    if (!up) return;
    if (const auto* begin = std::get_if<link::CaptureBegin>(&say.message)) begun.insert(begin->key);
    if (const auto* segment = std::get_if<link::SegmentReady>(&say.message)) offer(*segment);
    if (const auto* over = std::get_if<link::CaptureEnd>(&say.message)) {
      if (!begun.count(over->key)) return hear(link::CaptureDone{over->key, false, ErrorCode::unavailable, kNotBegun});
      // Whatever comes of it, the hub knows no capture of that key on this link any more.
      begun.erase(over->key);
      if (end_answer) return hear(link::CaptureDone{over->key, false, end_answer, "No."});
      ended[over->key] = over->segments;
      hear(link::CaptureDone{over->key, true, std::nullopt, ""});
    }
  }
  void offer(const link::SegmentReady& segment) {
    if (!begun.count(segment.key))
      return hear(link::SegmentDone{segment.key, segment.number, false, ErrorCode::unavailable, kNotBegun});
    if (closed.count(segment.key))
      return hear(link::SegmentDone{segment.key, segment.number, false, ErrorCode::conflict, "It is complete."});
    if (answer) return hear(link::SegmentDone{segment.key, segment.number, false, answer, "No."});
    offered = segment;
    acked = partly[{segment.key, segment.number}].size();
    hear(link::SegmentAt{segment.key, segment.number, acked});
    finish();
  }
  void carry(const upload::SendPiece& piece) {
    if (!up) return;
    REQUIRE(offered);
    auto& have = partly[{offered->key, offered->number}];
    REQUIRE(piece.offset == have.size());
    REQUIRE(piece.bytes.size() <= CaptureUpload::kPieceBytes);
    have += piece.bytes;
    ++pieces;
    most_ahead = std::max<std::uint64_t>(most_ahead, have.size() - acked);
    if (have.size() - acked >= link::kChunkAckBytes) {
      acked = have.size();
      hear(link::SegmentAt{offered->key, offered->number, acked});
    }
    finish();
  }
  void finish() {
    const std::pair<std::string, std::uint32_t> id{offered->key, offered->number};
    if (partly[id].size() != offered->bytes) return;
    if (stored.emplace(id, partly[id]).second) ++stores;
    hear(link::SegmentDone{id.first, id.second, true, std::nullopt, ""});
  }
  void carry(const upload::Hash& hash) {
    if (hash_fault) return upload.hashed(hash.key, hash.number, fail(*hash_fault, "Input/output error"), now, effects);
    if (!files.count({hash.key, hash.number}))
      return upload.hashed(hash.key, hash.number, fail(ErrorCode::not_found, "gone"), now, effects);
    upload.hashed(hash.key, hash.number, std::string(64, 'a'), now, effects);
  }
  void carry(const upload::Read& read) {
    if (read_fault)
      return upload.wasRead(read.key, read.number, read.offset, fail(*read_fault, "Input/output error"), now, effects);
    const auto file = files.find({read.key, read.number});
    if (file == files.end())
      return upload.wasRead(read.key, read.number, read.offset, fail(ErrorCode::not_found, "gone"), now, effects);
    upload.wasRead(read.key, read.number, read.offset, file->second.substr(read.offset, read.bytes), now, effects);
  }
  void carry(const upload::ForgetSegment& forget) { files.erase({forget.key, forget.number}); }
  void carry(const upload::ForgetCapture& forget) { captures.erase(forget.key); }
  void carry(const upload::Tell& tell) { told.push_back(tell.text); }
};

}  // namespace robohub::agent::test
