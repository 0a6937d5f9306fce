#include "link/fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/json.hpp"
#include "rh/json_reader.hpp"

namespace robohub::link {
namespace {

// Called by the strict reader: keeps top-level members, writes nested values back to text as they come.
class Collector {
 public:
  Collector(std::vector<Fields::Field>& fields, std::size_t text_bytes) : fields_(fields), text_bytes_(text_bytes) {}
  bool is_object = false;

  void onNull() { plain(Fields::Kind::null, "null"); }
  void onBool(bool value) {
    if (auto field = plain(Fields::Kind::boolean, value ? "true" : "false")) field->boolean = value;
  }
  void onInteger(std::int64_t value) {
    std::array<char, 24> space{};
    const auto end = std::to_chars(space.data(), space.data() + space.size(), value).ptr;
    if (auto field = plain(Fields::Kind::integer, {space.data(), static_cast<std::size_t>(end - space.data())}))
      field->integer = value;
  }
  void onNumber(double value) {
    // Shortest text that reads back equal, always with a sign that it is no integer.
    std::array<char, 40> space{};
    const auto end = std::to_chars(space.data(), space.data() + space.size() - 2, value).ptr;
    std::string text(space.data(), end);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    if (auto field = plain(Fields::Kind::number, text)) field->text = std::move(text);
  }
  void onText(std::string&& value) {
    if (depth_ == 1) {
      fields_.back().kind = Fields::Kind::text;
      fields_.back().text = std::move(value);
    } else if (depth_ > 1) {
      before();
      out() += json::quote(value);
    }
  }
  void beginArray() { open('['); }
  void endArray() { close(']'); }
  void beginObject() {
    if (depth_ == 0) is_object = true;
    open('{');
    key_marks_.push_back(keys_.size());
  }
  bool onKey(std::string&& key) {
    if (depth_ == 1) {
      for (const auto& field : fields_)
        if (field.key == key) return false;
      // A message has a dozen members; an object with thousands is an attack on the loop above.
      if (fields_.size() >= kMaxMembers) return false;
      fields_.emplace_back().key = std::move(key);
      return true;
    }
    before();
    out() += json::quote(key);
    out() += ':';
    after_key_ = true;
    keys_.push_back(std::move(key));
    return true;
  }
  bool endObject() {
    // Sorted once, so that many keys cost n log n.
    const auto first = keys_.begin() + static_cast<std::ptrdiff_t>(key_marks_.back());
    std::sort(first, keys_.end());
    const bool twice = std::adjacent_find(first, keys_.end()) != keys_.end();
    keys_.erase(first, keys_.end());
    key_marks_.pop_back();
    close('}');
    return !twice;
  }

 private:
  static constexpr std::size_t kMaxMembers = 64;
  static constexpr std::size_t kUsualBytes = 256;  // of a nested value

  std::string& out() { return fields_.back().text; }
  void before() {
    if (!after_key_ && !out().empty() && out().back() != '[' && out().back() != '{') out() += ',';
    after_key_ = false;
  }
  Fields::Field* plain(Fields::Kind kind, std::string_view text) {
    if (depth_ == 1) {
      fields_.back().kind = kind;
      return &fields_.back();
    }
    if (depth_ > 1) {
      before();
      out() += text;
    }
    return nullptr;
  }
  void open(char bracket) {
    if (depth_ == 1) {
      fields_.back().kind = Fields::Kind::nested;
      fields_.back().text.reserve(std::min(text_bytes_, kUsualBytes));
    }
    if (depth_ >= 1) {
      if (depth_ > 1) before();
      out() += bracket;
    } else if (bracket == '[') {
      fields_.emplace_back();  // no object: refused by the caller, but needs a place to write to
    }
    ++depth_;
  }
  void close(char bracket) {
    --depth_;
    if (depth_ >= 1) out() += bracket;
  }

  std::vector<Fields::Field>& fields_;
  const std::size_t text_bytes_;  // of the whole message
  std::vector<std::string> keys_;
  std::vector<std::size_t> key_marks_;
  int depth_ = 0;
  bool after_key_ = false;
};

}  // namespace

Result<Fields> Fields::read(std::string_view text) {
  Fields fields;
  fields.fields_.reserve(12);
  Collector collector(fields.fields_, text.size());
  if (auto fault = rh::JsonReader<Collector>(text, collector, static_cast<int>(json::kMaxDepth)).read())
    return fail(ErrorCode::invalid_argument, fault.reason, "offset " + std::to_string(fault.offset));
  if (!collector.is_object) return fail(ErrorCode::invalid_argument, "A JSON object is expected here.", "offset 0");
  return fields;
}

const Fields::Field* Fields::find(std::string_view key) const {
  for (const auto& field : fields_)
    if (field.key == key) return &field;
  return nullptr;
}

std::string_view Fields::type() const {
  const Field* field = find("type");
  return field && field->kind == Kind::text ? std::string_view(field->text) : std::string_view();
}

void Fields::refuse(std::string_view key, const std::string& sentence) {
  if (fault_) fault_ = fail(ErrorCode::invalid_argument, sentence, "/" + std::string(key));
}

const Fields::Field* Fields::need(std::string_view key, Kind kind, const char* what) {
  const Field* field = find(key);
  if (field && field->kind == kind) return field;
  refuse(key, "\"" + std::string(key) + (field ? "\" must be " : "\" is missing: it must be ") + what + ".");
  return nullptr;
}

std::string Fields::text(std::string_view key) {
  const Field* field = need(key, Kind::text, "a text");
  return field ? field->text : std::string();
}

std::string Fields::textOr(std::string_view key, std::string_view fallback) {
  const Field* field = find(key);
  return !field || field->kind == Kind::null ? std::string(fallback) : text(key);
}

std::int64_t Fields::integer(std::string_view key, std::int64_t low, std::int64_t high) {
  const Field* field = need(key, Kind::integer, "an integer");
  if (!field) return low;
  if (field->integer >= low && field->integer <= high) return field->integer;
  refuse(key, "\"" + std::string(key) + "\" must be from " + std::to_string(low) + " to " + std::to_string(high) + ".");
  return low;
}

bool Fields::boolean(std::string_view key) {
  const Field* field = need(key, Kind::boolean, "true or false");
  return field && field->boolean;
}

bool Fields::booleanOr(std::string_view key, bool fallback) {
  return find(key) ? boolean(key) : fallback;
}

std::string Fields::object(std::string_view key, bool required) {
  const Field* field = find(key);
  if (!required && (!field || field->kind == Kind::null)) return {};
  field = need(key, Kind::nested, "an object");
  if (!field) return {};
  if (field->text.front() == '{') return field->text;
  refuse(key, "\"" + std::string(key) + "\" must be an object.");
  return {};
}

std::string Fields::value(std::string_view key) {
  const Field* field = find(key);
  if (!field) return {};
  switch (field->kind) {
    case Kind::null: return {};
    case Kind::boolean: return field->boolean ? "true" : "false";
    case Kind::integer: return std::to_string(field->integer);
    case Kind::text: return json::quote(field->text);
    case Kind::number:
    case Kind::nested: return field->text;
  }
  return {};
}

}  // namespace robohub::link
