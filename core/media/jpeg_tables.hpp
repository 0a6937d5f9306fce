// The Huffman tables that a camera's JPEG may lack. USB cameras may leave them out of Motion JPEG, and mean the typical
// ones of ITU-T T.81, K.3.3, then. Most decoders fill them in; Apple's and those of some languages' libraries show
// nothing at all, so viewers get them. Pure. [any-thread]
#pragma once
#include <cstddef>
#include <optional>
#include <string_view>

namespace robohub::media {

// The four tables of K.3.3 as segments (B.2.4.2): 432 bytes.
std::string_view standardHuffmanTables();

// Where they belong: the place of the first scan (SOS) of a baseline JPEG that has no table before it. Nothing for any
// other: one that has tables, that uses another process, or that cannot be read so far.
std::optional<std::size_t> placeOfMissingTables(std::string_view jpeg);

}  // namespace robohub::media
