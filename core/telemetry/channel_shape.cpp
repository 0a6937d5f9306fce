#include "telemetry/channel_shape.hpp"

#include <charconv>
#include <cmath>

#include "telemetry/shape_reader.hpp"

namespace robohub::telemetry {

namespace {

constexpr std::size_t kMaxNodes = 1024;

double numberOf(const json::Object& schema, const char* key) {
  return schema.get(key).convert<double>();
}

std::size_t countOf(const json::Object& schema, const char* key, std::size_t fallback) {
  const auto value = json::getInt(schema, key);
  return value && *value >= 0 ? static_cast<std::size_t>(*value) : fallback;
}

std::string textOf(const json::Object& schema, const char* key) {
  return schema.has(key) ? json::getString(schema, key).value_or("") : std::string();
}

}  // namespace

std::shared_ptr<const ChannelShape> ChannelShape::of(const json::Object& schema) {
  auto shape = std::make_shared<ChannelShape>();
  shape->add(schema, "", "", true);
  return shape;
}

std::uint32_t ChannelShape::add(const json::Object& schema, const std::string& at, const std::string& title,
                                bool kept) {
  const auto index = static_cast<std::uint32_t>(nodes_.size());
  nodes_.emplace_back();
  const std::string type = textOf(schema, "type");
  std::string name = textOf(schema, "title");
  if (name.empty()) name = title;
  Node node;  // nodes_ grows below, so it is put there last
  if (type == "number" || type == "integer" || type == "boolean") {
    node.kind = type == "number" ? Kind::number : type == "integer" ? Kind::integer : Kind::boolean;
    if (type != "boolean") {
      node.below = schema.has("exclusiveMinimum");
      node.above = schema.has("exclusiveMaximum");
      node.min = numberOf(schema, node.below ? "exclusiveMinimum" : "minimum");
      node.max = numberOf(schema, node.above ? "exclusiveMaximum" : "maximum");
    }
    if (kept && fields_.size() < kMaxFields) {
      node.field = static_cast<std::int32_t>(fields_.size());
      fields_.push_back({at, name, textOf(schema, "x-unit")});
    } else {
      leaves_out_ = true;
    }
  } else if (type == "string") {
    node.kind = Kind::text;
  } else if (type == "object") {
    node.kind = Kind::object;
    const auto properties = json::getObject(schema, "properties");
    if (properties && *properties)
      for (const auto& [key, value] : **properties)
        node.members.push_back({key,
                                add(*value.extract<json::Object::Ptr>(), at + "/" + json::pointerStep(key),
                                    name.empty() ? "" : name + " " + key, kept),
                                false});
    if (schema.has("required"))
      for (const auto& needed : *schema.getArray("required"))
        for (Member& member : node.members) member.required |= member.name == needed.convert<std::string>();
  } else if (type == "array") {
    node.kind = Kind::array;
    node.min_items = countOf(schema, "minItems", 0);
    node.max_items = countOf(schema, "maxItems", 0);
    const auto items = json::getObject(schema, "items");
    // Arrays of arrays multiply.
    const bool each = kept && node.max_items <= kMaxItems && nodes_.size() < kMaxNodes;
    if (items && *items)
      for (std::size_t i = 0; i < (each ? node.max_items : 1); ++i)
        node.items.push_back(
            add(**items, at + "/" + std::to_string(i), name.empty() ? "" : name + " " + std::to_string(i), each));
  }
  nodes_[index] = std::move(node);
  return index;
}

std::string toJson(const Numbers& numbers) {
  std::string text = "{";
  for (std::size_t i = 0; i < numbers.values.size(); ++i) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, numbers.values[i]).ptr;
    text += i == 0 ? "\"" : ",\"";
    text.append(numbers.shape->fields()[i].pointer, 1);
    text += "\":";
    text.append(digits, end);
  }
  return text += '}';
}

Status ChannelShape::read(std::string_view text, std::vector<FieldValue>& out) const {
  return ShapeReader(*this, text, out).run();
}

ShapeReader::ShapeReader(const ChannelShape& shape, std::string_view text, std::vector<FieldValue>& out)
    : shape_(shape), at_(text.data()), end_(text.data() + text.size()), out_(out) {}

Status ShapeReader::run() {
  out_.clear();
  if (value(0)) {
    space();
    if (at_ == end_) return {};
    wrong("holds more than one value");
  }
  out_.clear();
  return fail(ErrorCode::invalid_argument, "The value " + why_ + ".", where_);
}

bool ShapeReader::wrong(const char* why) {
  if (why_.empty()) why_ = why;
  return false;
}

void ShapeReader::space() {
  while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) ++at_;
}

bool ShapeReader::take(char c) {
  space();
  if (at_ == end_ || *at_ != c) return false;
  ++at_;
  return true;
}

bool ShapeReader::string(std::string_view& raw) {
  if (!take('"')) return wrong("must be a text");
  const char* begin = at_;
  while (at_ != end_ && *at_ != '"') at_ += *at_ == '\\' && end_ - at_ > 1 ? 2 : 1;
  if (at_ == end_) return wrong("is cut short");
  raw = {begin, static_cast<std::size_t>(at_ - begin)};
  ++at_;
  return true;
}

bool ShapeReader::value(std::uint32_t index) {
  const Node& node = shape_.nodes_[index];
  switch (node.kind) {
    case Kind::object: return object(node);
    case Kind::array: return array(node);
    case Kind::number:
    case Kind::integer: return number(node);
    case Kind::boolean: return boolean(node);
    case Kind::text: {
      std::string_view ignored;
      return string(ignored);
    }
    case Kind::other: break;
  }
  return wrong("has a schema of no known kind");
}

bool ShapeReader::number(const Node& node) {
  space();
  double value = 0;
  const auto [end, error] = std::from_chars(at_, end_, value);
  // from_chars also takes "inf" and "nan".
  if (error != std::errc() || !std::isfinite(value)) return wrong("must be a number");
  at_ = end;
  if (node.kind == Kind::integer && std::nearbyint(value) != value) return wrong("must be a whole number");
  if (value < node.min || (node.below && value == node.min)) return wrong("is below what its schema allows");
  if (value > node.max || (node.above && value == node.max)) return wrong("is above what its schema allows");
  // Minus zero is zero: it would be another greatest or least value than it.
  if (node.field >= 0) out_.push_back({static_cast<std::uint16_t>(node.field), value == 0 ? 0.0 : value});
  return true;
}

bool ShapeReader::boolean(const Node& node) {
  space();
  const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
  const bool yes = rest.starts_with("true");
  if (!yes && !rest.starts_with("false")) return wrong("must be true or false");
  at_ += yes ? 4 : 5;
  if (node.field >= 0) out_.push_back({static_cast<std::uint16_t>(node.field), yes ? 1.0 : 0.0});
  return true;
}

bool ShapeReader::object(const Node& node) {
  if (!take('{')) return wrong("must be an object");
  std::size_t found = 0, needed = 0, next = 0;
  for (const ChannelShape::Member& member : node.members) needed += member.required;
  if (!take('}')) {
    do {
      std::string_view key;
      if (!string(key)) return false;
      // Writers keep an order of their own, mostly ours: the search begins behind the last one.
      const std::size_t count = node.members.size();
      std::size_t i = 0;
      while (i < count && node.members[(next + i) % count].name != key) ++i;
      if (i == count) return wrong("has a member that its schema does not know");
      const ChannelShape::Member& member = node.members[(next + i) % count];
      next = (next + i + 1) % count;
      if (!take(':')) return wrong("is no JSON");
      if (!value(member.node)) {
        where_ = "/" + json::pointerStep(member.name) + where_;
        return false;
      }
      found += member.required;
    } while (take(','));
    if (!take('}')) return wrong("is no JSON");
  }
  return found == needed ? true : wrong("lacks a member that its schema requires");
}

bool ShapeReader::array(const Node& node) {
  if (!take('[')) return wrong("must be an array");
  std::size_t count = 0;
  if (!take(']')) {
    do {
      if (count >= node.max_items) return wrong("has too many items");
      if (!value(node.items[std::min(count, node.items.size() - 1)])) {
        where_ = "/" + std::to_string(count) + where_;
        return false;
      }
      ++count;
    } while (take(','));
    if (!take(']')) return wrong("is no JSON");
  }
  return count >= node.min_items ? true : wrong("has too few items");
}

}  // namespace robohub::telemetry
