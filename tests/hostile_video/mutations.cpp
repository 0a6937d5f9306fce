#include "hostile_video/mutations.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include "hostile_video/boxes.hpp"

namespace robohub::hostile {

namespace {

using Random = std::mt19937_64;
constexpr std::size_t kTsPacket = 188;
constexpr std::array<std::uint32_t, 12> kExtremes{
    0, 1, 7, 8, 0x7f, 0xffff, 0x00ffffff, 0x7fffffff, 0x80000000, 0xfffffff0, 0xfffffffe, 0xffffffff};
constexpr std::array<std::string_view, 10> kPaths{"file:///etc/passwd",
                                                  "/etc/shadow",
                                                  "../../../../../../etc/passwd",
                                                  "http://127.0.0.1:1/a.mp4",
                                                  "concat:/etc/passwd|/etc/hosts",
                                                  "subfile,,start,0,end,64,,:/etc/passwd",
                                                  "/dev/zero",
                                                  "/proc/self/fd/0",
                                                  "%n%n%s%s%s%s",
                                                  "tcp://127.0.0.1:1?listen=1"};
constexpr std::array<std::string_view, 10> kTables{"stts", "ctts", "stsc", "stsz", "stco",
                                                   "co64", "stss", "elst", "trun", "sgpd"};

std::size_t below(Random& random, std::size_t limit) {
  return limit == 0 ? 0 : static_cast<std::size_t>(random() % limit);
}
template <class List>
auto oneOf(Random& random, const List& list) {
  return list[below(random, list.size())];
}

std::vector<Box> boxesLike(std::string_view bytes, const std::function<bool(const Box&)>& like) {
  std::vector<Box> found = boxesOf(bytes);
  std::erase_if(found, [&](const Box& box) { return !like(box); });
  return found;
}
bool isTable(const Box& box) {
  return std::find(kTables.begin(), kTables.end(), box.kind) != kTables.end() && box.payloadBytes() >= 12;
}
bool notPictures(const Box& box) {
  return box.kind != "mdat";
}

void flipBits(std::string& bytes, Random& random, std::size_t from, std::size_t count, std::size_t flips) {
  for (; flips > 0 && count > 0; --flips) {
    const std::size_t at = from + below(random, count);
    if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(random, 8)));
  }
}

using Kind = std::string (*)(std::string& bytes, Random& random);
std::string at(const Box& box) {
  return box.kind + " at " + std::to_string(box.at);
}

std::string cutAtBox(std::string& bytes, Random& random) {
  const Box box = oneOf(random, boxesOf(bytes));
  const std::size_t places[] = {0, 1, 4, 7, 8, 9, box.size / 2, box.size - 1};
  bytes.resize(box.at + places[below(random, 8)]);
  return "cut to " + std::to_string(bytes.size()) + " bytes, in " + at(box);
}
std::string cutAnywhere(std::string& bytes, Random& random) {
  bytes.resize(below(random, random() % 4 == 0 ? 64 : bytes.size()));
  return "cut to " + std::to_string(bytes.size()) + " bytes";
}
std::string flipHead(std::string& bytes, Random& random) {
  const Box box = oneOf(random, boxesOf(bytes));
  flipBits(bytes, random, box.at, 8, 1 + below(random, 3));
  return "bits of the head of " + at(box);
}
std::string flipIndex(std::string& bytes, Random& random) {
  const Box box = oneOf(random, boxesLike(bytes, notPictures));
  flipBits(bytes, random, box.payload(), box.payloadBytes(), 1 + below(random, 16));
  return "bits in " + at(box);
}
std::string flipPictures(std::string& bytes, Random& random) {
  const auto boxes = boxesLike(bytes, [](const Box& box) { return !notPictures(box); });
  if (boxes.empty()) return flipIndex(bytes, random);
  const Box box = oneOf(random, boxes);
  flipBits(bytes, random, box.payload(), box.payloadBytes(), 1 + below(random, 200));
  return "bits of pictures";
}
std::string lieAboutLength(std::string& bytes, Random& random) {
  const Box box = oneOf(random, boxesOf(bytes));
  const std::uint32_t near[] = {static_cast<std::uint32_t>(box.size - 1), static_cast<std::uint32_t>(box.size + 1),
                                static_cast<std::uint32_t>(bytes.size()), oneOf(random, kExtremes)};
  const std::uint32_t length = near[below(random, 4)];
  writeU32(bytes, box.at, length);
  if (length == 1) {  // the long form
    writeU32(bytes, box.at + 8, oneOf(random, kExtremes));
    writeU32(bytes, box.at + 12, oneOf(random, kExtremes));
  }
  return at(box) + " says that it has " + std::to_string(length) + " bytes";
}
std::string lieAboutCount(std::string& bytes, Random& random) {
  const auto tables = boxesLike(bytes, isTable);
  if (tables.empty()) return lieAboutLength(bytes, random);
  const Box box = oneOf(random, tables);
  const std::uint32_t count = oneOf(random, kExtremes);
  writeU32(bytes, box.payload() + (box.kind == "stsz" ? 8 : 4), count);
  return at(box) + " says that it has " + std::to_string(count) + " entries";
}
std::string lieInTable(std::string& bytes, Random& random) {
  const auto tables = boxesLike(bytes, isTable);
  if (tables.empty()) return flipIndex(bytes, random);
  const Box box = oneOf(random, tables);
  const std::size_t changes = 1 + below(random, 8);
  for (std::size_t i = 0; i < changes; ++i)
    writeU32(bytes, box.payload() + 4 + 4 * below(random, (box.payloadBytes() - 4) / 4), oneOf(random, kExtremes));
  return std::to_string(changes) + " values in " + at(box);
}
// Time scales and durations: version 0 has them at 12 and 16 of the payload (8.2.2, 8.4.2), an edit list at 8 (8.6.6).
std::string lieAboutTime(std::string& bytes, Random& random) {
  const auto boxes = boxesLike(bytes, [](const Box& box) {
    return box.kind == "mvhd" || box.kind == "mdhd" || box.kind == "tkhd" || box.kind == "elst" || box.kind == "stts" ||
           box.kind == "tfhd" || box.kind == "tfdt" || box.kind == "trex";
  });
  if (boxes.empty()) return flipIndex(bytes, random);
  const Box box = oneOf(random, boxes);
  const std::uint32_t value = random() % 2 ? 0 : oneOf(random, kExtremes);
  if (box.kind == "stts" || box.kind == "elst")
    for (std::size_t each = box.payload() + 8; each + 8 <= box.at + box.size; each += 8)
      writeU32(bytes, each + (box.kind == "stts" ? 4 : 0), value);
  else
    writeU32(bytes, box.payload() + (random() % 2 ? 12 : 16), value);
  return "times in " + at(box) + " are " + std::to_string(value);
}
// Width and height, and what the decoder is told (8.5.2).
std::string lieAboutPictures(std::string& bytes, Random& random) {
  const auto boxes = boxesLike(bytes, [](const Box& box) { return box.kind == "stsd"; });
  if (boxes.empty()) return flipIndex(bytes, random);
  const Box box = oneOf(random, boxes);
  const std::size_t place = random() % 2 ? 8 + 32 : 8 + below(random, box.payloadBytes() - 8);
  writeU32(bytes, box.payload() + place, oneOf(random, kExtremes));
  return "what " + at(box) + " says of pictures";
}
// Data that is said to lie in another file (8.7.2), names of handlers, and whole reference movies.
std::string nameOthers(std::string& bytes, Random& random) {
  const std::string path(oneOf(random, kPaths));
  const auto boxes = boxesLike(bytes, [](const Box& box) { return box.kind == "dref" || box.kind == "hdlr"; });
  if (boxes.empty()) return flipIndex(bytes, random);
  const Box box = oneOf(random, boxes);
  if (box.kind == "hdlr") {
    insertInto(bytes, box, box.at + box.size, path + '\0');
    return "a name, " + path;
  }
  constexpr std::size_t kFirstEntry = 8;
  const std::size_t entry = box.payload() + kFirstEntry;
  writeU32(bytes, entry + 8, 0);  // not in this file
  const bool alias = random() % 2 != 0;
  if (alias) bytes.replace(entry + 4, 4, "alis");
  writeU32(bytes, entry, readU32(bytes, entry) + static_cast<std::uint32_t>(path.size() + 1));
  insertInto(bytes, box, entry + 12, path + '\0');
  return (alias ? "an alias, " : "data elsewhere, ") + path;
}
std::string playlists(std::string& bytes, Random& random) {
  const std::string path(oneOf(random, kPaths));
  const std::string texts[] = {"#EXTM3U\n#EXTINF:2,\n" + path + "\n", "ffconcat version 1.0\nfile '" + path + "'\n",
                               "<?xml version=\"1.0\"?><MPD><BaseURL>" + path + "</BaseURL></MPD>",
                               "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 1 RTP/AVP 96\n",
                               "RIFF\xff\xff\xff\x7f"
                               "AVI LIST"};
  const std::string& text = texts[below(random, 5)];
  const bool behind = random() % 2 != 0;
  bytes = behind ? bytes.substr(0, 32) + text + bytes : text + bytes;
  return "a list of " + path + (behind ? " behind its head" : " in front");
}
std::string moveBoxes(std::string& bytes, Random& random) {
  const auto boxes = boxesOf(bytes);
  const Box box = oneOf(random, boxes), other = oneOf(random, boxes);
  const std::string copy = bytes.substr(box.at, box.size);
  if (random() % 2) {
    bytes.insert(other.at, copy);
    return at(box) + " once more, before " + at(other);
  }
  bytes.erase(box.at, box.size);
  return "without " + at(box);
}
std::string buryBoxes(std::string& bytes, Random& random) {
  const std::size_t depth = 2 + below(random, 20'000);
  const std::string kind(random() % 2 ? "moov" : "trak");
  std::string nested;
  if (random() % 2) {
    for (std::size_t i = 0; i < depth; ++i) {
      nested.append(4, '\0');
      writeU32(nested, nested.size() - 4, static_cast<std::uint32_t>((depth - i) * 8));
      nested += kind;
    }
  } else {
    for (std::size_t i = 0; i < depth; ++i) nested += std::string("\0\0\0\x08", 4) + kind;
  }
  const Box box = oneOf(random, boxesOf(bytes));
  bytes.insert(box.at, nested);
  return std::to_string(depth) + " of " + kind + " before " + at(box);
}
std::string overwrite(std::string& bytes, Random& random) {
  const std::size_t size = 1 + below(random, 4096), from = below(random, bytes.size());
  const int how = static_cast<int>(random() % 3);
  for (std::size_t i = from; i < std::min(bytes.size(), from + size); ++i)
    bytes[i] = how == 0 ? '\0' : how == 1 ? '\xff' : static_cast<char>(random());
  return std::to_string(size) + " bytes from " + std::to_string(from) + " overwritten";
}
// Packets of MPEG-TS (ISO/IEC 13818-1, 2.4.3): heads, adaptation fields, tables, time stamps.
std::string spoilPackets(std::string& bytes, Random& random) {
  const std::size_t packets = bytes.size() / kTsPacket, changes = 1 + below(random, 20);
  for (std::size_t i = 0; i < changes; ++i) {
    // Half of them among the first, where the tables are.
    const std::size_t packet = below(random, random() % 2 ? std::min<std::size_t>(packets, 4) : packets) * kTsPacket;
    const std::size_t place = packet + below(random, random() % 2 ? 20 : kTsPacket);
    bytes[place] = random() % 3 == 0 ? '\xff' : static_cast<char>(random());
  }
  return std::to_string(changes) + " bytes of packets";
}
std::string spoilTimes(std::string& bytes, Random& random) {
  std::size_t changes = 0;
  for (std::size_t head = bytes.find(std::string("\0\0\1\xe0", 4));
       head != std::string::npos && head + 19 < bytes.size();
       head = bytes.find(std::string("\0\0\1\xe0", 4), head + 4)) {
    if (random() % 3) continue;
    for (std::size_t i = 9; i < 19; ++i) bytes[head + i] = static_cast<char>(random() | (i == 9 ? 1 : 0));
    ++changes;
  }
  return std::to_string(changes) + " time stamps";
}
std::string losePackets(std::string& bytes, Random& random) {
  const std::size_t from = below(random, bytes.size()), size = below(random, bytes.size() - from);
  if (random() % 2)
    bytes.erase(from, size);
  else
    bytes.insert(from, bytes.substr(below(random, bytes.size()), size));
  return std::to_string(size) + " bytes lost or doubled at " + std::to_string(from);
}

constexpr std::array<Kind, 15> kOfMp4{cutAtBox,       cutAnywhere,   flipHead,   flipIndex,    flipPictures,
                                      lieAboutLength, lieAboutCount, lieInTable, lieAboutTime, lieAboutPictures,
                                      nameOthers,     playlists,     moveBoxes,  buryBoxes,    overwrite};
constexpr std::array<Kind, 3> kOfTs{spoilPackets, spoilTimes, losePackets};
static_assert(kOfMp4.size() + kOfTs.size() == kKinds);

}  // namespace

Mutant mutate(const std::vector<Seed>& seeds, std::mt19937_64& random, std::size_t number) {
  const std::size_t kind = number % kKinds;
  const std::string format = kind < kOfMp4.size() ? "mp4" : "ts";
  Mutant mutant;
  do mutant.seed = below(random, seeds.size());
  while (seeds[mutant.seed].format != format);
  const Seed& seed = seeds[mutant.seed];
  mutant.segment = below(random, seed.segments.size());
  mutant.bytes = seed.segments[mutant.segment];
  mutant.what = (kind < kOfMp4.size() ? kOfMp4[kind] : kOfTs[kind - kOfMp4.size()])(mutant.bytes, random);
  return mutant;
}

}  // namespace robohub::hostile
