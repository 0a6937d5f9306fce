// What an agent's bulk link carries: pictures, sound, and pieces of captures. What was read lies within its message,
// and says the same bytes when it is written again.
#include <string>

#include "base/ids.hpp"
#include "link/chunk.hpp"
#include "link/picture.hpp"
#include "link/sound.hpp"
#include "link/stamp.hpp"
#include "media/jpeg_size.hpp"
#include "media/jpeg_tables.hpp"
#include "target.hpp"

using namespace robohub;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::text(data, size);
  if (const auto piece = link::parseChunk(bytes)) {
    fuzz::promise(link::isChunk(bytes), "a piece says that it is one");
    fuzz::promise(!piece->bytes.empty() && piece->bytes.size() <= link::kMaxChunkBytes, "a piece has its size");
    fuzz::promise(link::encodeChunkHead(piece->offset) + std::string(piece->bytes) == bytes, "a piece reads as it was");
    fuzz::promise(!link::parsePicture(bytes), "no message is both");
  }
  if (const auto sound = link::parseSound(bytes)) {
    fuzz::promise(link::isSound(bytes) && !link::isChunk(bytes), "a chunk of sound says that it is one, and no other");
    fuzz::promise(isPlainName(sound->stream), "a stream has a plain name");
    const auto head = link::encodeSoundHead(sound->stream, sound->t_ns);
    fuzz::promise(head && *head + std::string(sound->pcm) == bytes, "sound reads as it was");
    fuzz::promise(!link::parsePicture(bytes), "no message is both");
    if (link::checkSound(sound->pcm, 16'000))
      fuzz::promise(sound->pcm.size() % 2 == 0 && sound->pcm.size() >= 320 && sound->pcm.size() <= 3200,
                    "good sound has its length");
  }
  if (const auto picture = link::parsePicture(bytes)) {
    fuzz::promise(isPlainName(picture->stream), "a stream has a plain name");
    const auto head = link::encodePictureHead(picture->stream, picture->t_ns);
    fuzz::promise(head && *head + std::string(picture->jpeg) == bytes, "a picture reads as it was");
    if (const auto pixels = media::jpegSize(picture->jpeg))
      fuzz::promise(pixels->width > 0 && pixels->height > 0, "a picture that has a size has one above zero");
    if (const auto place = media::placeOfMissingTables(picture->jpeg))
      fuzz::promise(picture->jpeg.substr(*place, 2) == "\xff\xda", "tables are missing in front of a scan");
  }
  (void)media::jpegSize(bytes);
  if (const auto stamp = link::Stamp::parse(bytes)) {
    fuzz::promise(stamp->text() == bytes, "a stamp has one text");
    fuzz::promise(!stamp->nonce.isNone(), "a stamp is of some connection");
  }
  if (const auto nonce = link::Nonce::parse(bytes)) fuzz::promise(nonce->text() == bytes, "a nonce has one text");
  return 0;
}
