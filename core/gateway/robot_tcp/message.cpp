#include "gateway/robot_tcp/message.hpp"

#include <algorithm>
#include <functional>

#include "rh/json_reader.hpp"

namespace robohub::gateway {

const RobotField* RobotMessage::find(std::string_view key, std::string_view in) const {
  for (const RobotField& field : fields)
    if (field.key == key && field.in == in) return &field;
  return nullptr;
}

std::string robotIdOf(const RobotField& field) {
  return field.kind == RobotField::Kind::number && field.whole ? std::to_string(field.integer)
                                                               : std::string(field.text);
}

// Depth 1 is the message, 2 is `data`, 3 an object in it.
class RobotReader::Handler {
 public:
  Handler(RobotReader& reader, std::string_view read)
      : read_(read),
        message_(reader.message_),
        keys_(reader.keys_),
        starts_(reader.starts_),
        objects_(reader.objects_),
        unescaped_(reader.unescaped_) {
    keys_.clear();
    starts_.clear();
    objects_.clear();
    unescaped_.clear();
  }

  bool type_is_text = false;
  bool is_object = false;

  void onNull() { put(RobotField::Kind::null); }
  void onBool(bool value) {
    if (RobotField* field = put(RobotField::Kind::boolean)) field->boolean = value;
  }
  void onInteger(std::int64_t value) {
    if (RobotField* field = put(RobotField::Kind::number)) {
      field->number = static_cast<double>(value);
      field->integer = value;
      field->whole = true;
    }
  }
  void onNumber(double value) {
    if (RobotField* field = put(RobotField::Kind::number)) field->number = value;
  }
  void onText(std::string_view value) {
    if (depth_ == 1 && key_ == "type") {
      type_is_text = true;
      message_.type = kept(value);
    } else if (RobotField* field = put(RobotField::Kind::text)) {
      field->text = kept(value);
    }
  }
  void beginArray() {
    put(RobotField::Kind::array);
    open(false);
  }
  void endArray() { close(); }
  void beginObject() {
    if (depth_ == 0) is_object = true;
    if (depth_ == 2 && inData()) in_ = key_;
    put(RobotField::Kind::object);
    open(true);
  }
  bool onKey(std::string_view key) {
    const auto from = keys_.begin() + static_cast<std::ptrdiff_t>(starts_.back());
    if (std::find(from, keys_.end(), key) != keys_.end()) return false;
    key_ = kept(key);
    if (depth_ == 1) in_data_ = key_ == "data";
    message_.has_data = message_.has_data || in_data_;
    keys_.push_back(key_);
    return true;
  }
  bool endObject() {
    close();
    return true;
  }

 private:
  bool inData() const { return arrays_ == 0 && in_data_; }
  std::string_view kept(std::string_view text) {
    const std::less<const char*> before;
    const bool stands_there = !before(text.data(), read_.data()) && before(text.data(), read_.data() + read_.size());
    return stands_there ? text : unescaped_.emplace_back(text);
  }
  RobotField* put(RobotField::Kind kind) {
    if (!inData() || (depth_ != 2 && depth_ != 3)) return nullptr;
    RobotField& field = message_.fields.emplace_back();
    if (depth_ == 3) field.in = in_;
    field.key = key_;
    field.kind = kind;
    return &field;
  }
  void open(bool object) {
    ++depth_;
    objects_.push_back(object);
    if (!object) ++arrays_;
    starts_.push_back(keys_.size());
  }
  void close() {
    --depth_;
    if (!objects_.back()) --arrays_;
    objects_.pop_back();
    keys_.resize(starts_.back());
    starts_.pop_back();
  }

  const std::string_view read_;
  RobotMessage& message_;
  std::string_view key_, in_;
  std::vector<std::string_view>& keys_;  // of all open objects, one behind the other
  std::vector<std::size_t>& starts_;     // where each open container's keys begin
  std::vector<bool>& objects_;
  std::deque<std::string>& unescaped_;
  bool in_data_ = false;  // of the message
  int depth_ = 0;
  int arrays_ = 0;
};

RobotReader& RobotReader::ofThisThread() {
  static thread_local RobotReader reader;
  return reader;
}

const RobotMessage* RobotReader::readFront(std::string_view text, std::size_t& size) {
  for (Known& known : known_)
    if ((size = known.pattern.match(text)) > 0) {
      known.used = ++reads_;
      return &known.pattern.message();
    }
  return nullptr;
}

Result<const RobotMessage*> RobotReader::read(std::string_view text) {
  for (Known& known : known_)
    if (known.pattern.match(text) == text.size() && !text.empty()) {
      known.used = ++reads_;
      return &known.pattern.message();
    }
  message_.type = {};
  message_.has_data = false;
  message_.fields.clear();
  Handler handler(*this, text);
  if (const auto fault = rh::JsonReader<Handler>(text, handler).read())
    return fail(ErrorCode::invalid_argument, fault.reason, "offset " + std::to_string(fault.offset));
  if (!handler.is_object) return fail(ErrorCode::invalid_argument, "A message is a JSON object.");
  if (!handler.type_is_text || message_.type.empty() || message_.type.size() > 64)
    return fail(ErrorCode::invalid_argument, "A message has a \"type\" of 1 to 64 bytes.", "/type");
  // In the place of what was of use longest ago.
  Known& place = *std::min_element(known_.begin(), known_.end(),
                                   [](const Known& one, const Known& other) { return one.used < other.used; });
  if (place.pattern.learn(text, message_)) place.used = ++reads_;
  return &message_;
}

}  // namespace robohub::gateway
