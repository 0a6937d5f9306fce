// What the hub and robohub-media-worker say to each other: texts over a socket of packets (process/fd_packet.hpp).
//
//   robohub-media-worker join|still|record CPU_S MEMORY_BYTES OUTPUT_BYTES   descriptors: 3 the socket, 4 the output
//   file
//
//   join    worker: "next"                     hub: "segment NUMBER" with the file, or "end"
//           worker: "joined NUMBER MS" or "refused NUMBER SENTENCE" of the newest, then "next" again
//   still   worker: "next"                     hub: "segment 0" with the video
//   record  pictures come over descriptor 5: 8 bytes microseconds, 4 bytes length (both little-endian), the JPEG; its
//   end
//           is the end of the recording
//   last    worker: "done MS WIDTH HEIGHT NOTE" (the note may be missing) or "failed CODE SENTENCE"
//           CODE: input (nothing of it can be used), segment (begin again without the newest one), full (the disk, or
//           OUTPUT_BYTES), internal
//
// This header alone is shared by the hub and the worker, so it holds words and needs nothing.
#pragma once
#include <cstddef>
#include <string_view>

namespace robohub::media::words {

inline constexpr std::string_view kJoin = "join", kStill = "still", kRecord = "record";
inline constexpr std::string_view kNext = "next", kSegment = "segment", kEnd = "end";
inline constexpr std::string_view kJoined = "joined", kRefused = "refused", kDone = "done", kFailed = "failed";
inline constexpr std::string_view kInput = "input", kFull = "full", kInternal = "internal";
inline constexpr int kSocket = 3, kOutput = 4, kPictures = 5;
inline constexpr std::size_t kPictureHead = 12;
inline constexpr std::size_t kMaxPicture = 4 * 1024 * 1024;

}  // namespace robohub::media::words
