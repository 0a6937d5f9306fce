// A channel's schema, made ready for a hundred thousand values a second: one pass over the text of a value finds its
// numbers and checks what history depends on (kinds, bounds, names, what is required), without a tree of JSON in
// between. Texts are not kept, so of them only the kind is looked at.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace robohub::telemetry {

// One number or boolean of a channel's value.
struct Field {
  std::string pointer;  // JSON Pointer within the value
  std::string title;    // may be empty
  std::string unit;     // x-unit; may be empty
  friend bool operator==(const Field&, const Field&) = default;
};

struct FieldValue {
  std::uint16_t field = 0;  // index into ChannelShape::fields()
  double value = 0;         // finite; 0 or 1 of a boolean
};

class ChannelShape;

// A value that is an object of nothing but numbers, checked already.
struct Numbers {
  const std::shared_ptr<const ChannelShape>& shape;
  std::span<const double> values;  // one for each of its fields, in their order; finite
};
// As JSON, for fields that are members of the value itself.
std::string toJson(const Numbers& numbers);

// Immutable. [any-thread]
class ChannelShape {
 public:
  static constexpr std::size_t kMaxFields = 64;  // of one channel
  static constexpr std::size_t kMaxItems = 16;   // arrays that may be longer are not kept

  // `schema` has passed schema::lint and is an object's.
  static std::shared_ptr<const ChannelShape> of(const json::Object& schema);

  const std::vector<Field>& fields() const { return fields_; }
  // Some numbers of the schema are not kept: too many, or in arrays that may be long.
  bool leavesOut() const { return leaves_out_; }

  // Replaces `out` by the numbers and booleans of a value; absent members are absent. `text` was read strictly before
  // (base/json.hpp), so that no key comes twice. Errors: invalid_argument, with the member's pointer.
  Status read(std::string_view text, std::vector<FieldValue>& out) const;

 private:
  friend class ShapeReader;
  enum class Kind : std::uint8_t { object, array, number, integer, boolean, text, other };
  struct Member {
    std::string name;
    std::uint32_t node = 0;
    bool required = false;
  };
  struct Node {
    Kind kind = Kind::other;
    bool above = false, below = false;  // the bounds themselves do not fit
    std::int32_t field = -1;            // -1: not kept
    double min = 0, max = 0;
    std::vector<Member> members;       // of an object
    std::vector<std::uint32_t> items;  // of an array, by index; fewer than max_items: not kept
    std::size_t min_items = 0, max_items = 0;
  };
  std::uint32_t add(const json::Object& schema, const std::string& at, const std::string& title, bool kept);

  std::vector<Node> nodes_;  // the first is the root
  std::vector<Field> fields_;
  bool leaves_out_ = false;
};

}  // namespace robohub::telemetry
