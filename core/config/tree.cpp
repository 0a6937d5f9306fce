#include "config/tree.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>

namespace robohub::config::detail {
namespace {

// More values than any settings file has, so that a megabyte of "[],[],[]" does not become a hundred.
constexpr std::size_t kMaxNodes = 50'000;

struct TooManyNodes {};

Place placeOf(const YAML::Mark& mark) {
  return {std::max(mark.line, 0) + 1, std::max(mark.column, 0) + 1};
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(Reading& reading) : reading_(reading) {}

  std::unique_ptr<Node> takeRoot() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ == 1)
      reading_.refuse(placeOf(mark), "A second document begins here; a settings file is one document.");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(begin(mark, "?", anchor, Node::Kind::null));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    reading_.refuse(placeOf(mark), "Aliases (*name) are not allowed in settings; write the value out.");
    add(begin(mark, "?", 0, Node::Kind::refused));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    auto node = begin(mark, tag, anchor, Node::Kind::scalar);
    node->text = value;
    node->quoted = tag == "!";
    add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(begin(mark, tag, anchor, Node::Kind::list));
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(begin(mark, tag, anchor, Node::Kind::mapping));
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    std::unique_ptr<Node> node;
    bool key_next = true;  // in a mapping: the next value is a key
    std::string key;
    Place key_place;
    bool key_refused = false;                         // its value is read and dropped
    std::unordered_map<std::string, int> lines = {};  // where each key was first
  };

  std::unique_ptr<Node> begin(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Node::Kind kind) {
    if (++nodes_ > kMaxNodes) throw TooManyNodes{};
    auto node = std::make_unique<Node>();
    node->kind = kind;
    node->place = placeOf(mark);
    if (anchor)
      reading_.refuse(node->place,
                      "Anchors (&name) are not allowed in settings; write the value out where it is needed.");
    if (!tag.empty() && tag != "?" && tag != "!") {
      reading_.refuse(node->place, "Tags (" + showText(tag) + ") are not allowed in settings.");
      node->kind = Node::Kind::refused;
    }
    return node;
  }

  void open(std::unique_ptr<Node> node) {
    if (open_.size() == kMaxDepth)
      reading_.refuse(node->place, "This is nested deeper than " + std::to_string(kMaxDepth) + " levels.");
    open_.push_back(Open{.node = std::move(node), .key = {}, .key_place = {}});
  }

  void close() {
    auto node = std::move(open_.back().node);
    open_.pop_back();
    // Beyond the limit nothing is kept, so that nobody has to walk (or destroy) it.
    if (open_.size() >= kMaxDepth) {
      node->kind = Node::Kind::refused;
      node->entries.clear();
      node->items.clear();
    }
    add(std::move(node));
  }

  void add(std::unique_ptr<Node> node) {
    if (open_.empty()) {
      if (documents_ == 1) root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node->kind == Node::Kind::refused) return;
    if (parent.node->kind == Node::Kind::list) {
      parent.node->items.push_back(std::move(node));
    } else if (parent.key_next) {
      takeKey(parent, *node);
    } else {
      parent.key_next = true;
      if (parent.key_refused) return;
      if (node->kind == Node::Kind::null) node->place = parent.key_place;  // the parser puts nothing at the next token
      parent.node->entries.push_back(Entry{std::move(parent.key), parent.key_place, std::move(node)});
    }
  }

  void takeKey(Open& parent, const Node& node) {
    parent.key_next = false;
    parent.key_refused = true;
    parent.key_place = node.place;
    if (node.kind == Node::Kind::refused) return;
    if (node.kind != Node::Kind::scalar) {
      reading_.refuse(node.place, "A key must be text, but this is " + show(node) + ".");
      return;
    }
    const auto [first, is_new] = parent.lines.emplace(node.text, node.place.line);
    if (!is_new) {
      reading_.refuse(node.place, "The key " + showText(node.text) +
                                      " stands here for the second time; the first is in line " +
                                      std::to_string(first->second) + ".");
      return;
    }
    if (node.text == "<<") {
      reading_.refuse(node.place, "Merge keys (<<) are not allowed in settings; write the values out.");
      return;
    }
    parent.key = node.text;
    parent.key_refused = false;
  }

  Reading& reading_;
  std::unique_ptr<Node> root_;
  std::vector<Open> open_;
  std::size_t nodes_ = 0;
  int documents_ = 0;
};

// The length of the UTF-8 character at the text's begin; 0 when it is none that a settings file may hold.
std::size_t characterLength(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return lead == '\n' || lead == '\r' || lead == '\t' || (lead >= 0x20 && lead != 0x7f) ? 1 : 0;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  unsigned code = lead & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3f);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return overlong || surrogate || code > 0x10ffff || (code >= 0x80 && code < 0xa0) ? 0 : length;
}

bool checkBytes(std::string_view text, Reading& reading) {
  Place place;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = characterLength(text.substr(i));
    if (length == 0) {
      reading.refuse(place, "This byte is a control character or no UTF-8; a settings file is plain UTF-8 text.");
      return false;
    }
    if (text[i] == '\n') {
      place = {place.line + 1, 1};
    } else {
      place.column += static_cast<int>(length);
    }
    i += length;
  }
  return true;
}

Place endOf(std::string_view text) {
  const auto last_line = text.rfind('\n') + 1;  // npos + 1 is the text's begin
  return {static_cast<int>(std::count(text.begin(), text.end(), '\n')) + 1,
          static_cast<int>(text.size() - last_line) + 1};
}

}  // namespace

void Reading::refuse(Place place, std::string sentence) {
  found.push_back({place, {ErrorCode::invalid_argument, std::move(sentence), where(place)}});
}

std::string Reading::where(Place place) const {
  return name + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

Errors Reading::errors() {
  std::stable_sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.place < b.place; });
  Errors errors;
  for (auto& one : found) {
    if (errors.size() == kMaxErrors) {
      one.error.message = "And " + std::to_string(found.size() - kMaxErrors) + " more errors from here on.";
      errors.push_back(std::move(one.error));
      break;
    }
    errors.push_back(std::move(one.error));
  }
  found.clear();
  return errors;
}

std::unique_ptr<Node> parseTree(std::string_view text, Reading& reading) {
  if (text.size() > kMaxBytes) {
    reading.refuse({}, "The file has " + std::to_string(text.size()) + " bytes; at most " + std::to_string(kMaxBytes) +
                           " are allowed.");
    return nullptr;
  }
  if (!checkBytes(text, reading)) return nullptr;
  TreeBuilder builder(reading);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (parser.HandleNextDocument(builder)) parser.HandleNextDocument(builder);  // only to find that there is none
  } catch (const TooManyNodes&) {
    reading.refuse({}, "The file has more than " + std::to_string(kMaxNodes) + " values.");
    return nullptr;
  } catch (const YAML::Exception& error) {
    // What only the end of the file shows (a bracket that is never closed) comes without a place.
    reading.refuse(error.msg.starts_with("end of ") && error.mark.line <= 0 && error.mark.column <= 0
                       ? endOf(text)
                       : placeOf(error.mark),
                   "This is no valid YAML: " + error.msg + ".");
    return nullptr;
  }
  auto root = builder.takeRoot();
  return root ? std::move(root) : std::make_unique<Node>();
}

std::string showText(std::string_view text) {
  std::string shown = "\"";
  for (const char c : text.substr(0, 60)) {
    if (c == '\n') {
      shown += "\\n";
    } else {
      shown += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  while (text.size() > 60 && shown.size() > 1 && (static_cast<unsigned char>(shown.back()) & 0xc0) == 0x80)
    shown.pop_back();
  return shown + (text.size() > 60 ? "...\"" : "\"");
}

std::string show(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null: return "empty";
    case Node::Kind::list: return "a list";
    case Node::Kind::mapping: return "a mapping";
    case Node::Kind::refused: return "refused";
    case Node::Kind::scalar: break;
  }
  return showText(node.text) + (node.quoted ? " (in quotes)" : "");
}

}  // namespace robohub::config::detail
