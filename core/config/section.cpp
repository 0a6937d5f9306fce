#include "config/section.hpp"

#include <algorithm>

#include "base/ids.hpp"
#include "config/scalar.hpp"
#include "config/tree.hpp"

namespace robohub::config {

using detail::Node;
using Kind = Node::Kind;

Section::Section(detail::Reading& reading, const Node* node, std::string path)
    : reading_(reading), node_(node), path_(std::move(path)) {}

Section::~Section() {
  if (!node_) return;
  const std::vector<std::string> known(asked_.begin(), asked_.end());
  for (const auto& entry : node_->entries) {
    if (asked_.contains(entry.key)) continue;
    std::string sentence =
        detail::showText(entry.key) + " is no setting" + (path_.empty() ? "" : " of `" + path_ + "`") + ". ";
    if (const std::string meant = detail::closest(entry.key, known); !meant.empty()) {
      sentence += "Did you mean `" + meant + "`?";
    } else {
      sentence += known.empty() ? "It has none." : "It has:";
      for (const auto& key : known) sentence += " " + key;
      sentence += known.empty() ? "" : ".";
    }
    reading_.refuse(entry.place, std::move(sentence));
  }
}

std::string Section::pathOf(std::string_view key) const {
  if (key.empty()) return path_;
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

const Node* Section::take(std::string_view key, const char* kind, const std::string& allowed, std::string fallback) {
  asked_.emplace(key);
  const Node* value = nullptr;
  if (node_)
    for (const auto& entry : node_->entries)
      if (entry.key == key) value = entry.value.get();
  if (reading_.keys)
    reading_.keys->push_back({.path = pathOf(key),
                              .kind = kind,
                              .allowed = allowed,
                              .fallback = fallback,
                              .value = fallback,
                              .where = value ? reading_.where(value->place) : std::string(),
                              .restart = at_start_});
  at_start_ = false;
  return value;
}

void Section::tell(std::string value, std::size_t secret) {
  if (!reading_.keys) return;
  reading_.keys->back().value = std::move(value);
  reading_.keys->back().secret = secret;
}

const Node* Section::takeScalar(std::string_view key, const char* kind, const std::string& allowed,
                                std::string fallback) {
  const Node* node = take(key, kind, allowed, std::move(fallback));
  if (!node || node->kind == Kind::scalar) return node;
  const bool flow_v6 = node->kind == Kind::list && std::string_view(kind) == "address";
  wrong(*node, pathOf(key), allowed, flow_v6 ? "Put an IPv6 address in quotes: \"[::1]:8080\"." : "");
  return nullptr;
}

const Node* Section::takeList(std::string_view key, const char* kind, const std::string& allowed, std::size_t max_items,
                              std::string fallback) {
  const std::string limit = "a list of at most " + std::to_string(max_items) + " " + allowed;
  const Node* node = take(key, kind, limit, std::move(fallback));
  if (!node || node->kind == Kind::null) return node;
  if (node->kind != Kind::list || node->items.size() > max_items) {
    const bool many = node->kind == Kind::list;
    wrong(*node, pathOf(key), limit, many ? "It has " + std::to_string(node->items.size()) + "." : "");
    return nullptr;
  }
  return node;
}

bool Section::wrong(const Node& node, const std::string& name, const std::string& allowed, const std::string& hint) {
  if (node.kind == Kind::refused) return false;  // it was told already
  std::string sentence = "`" + name + "` is " + detail::show(node) + ", but must be " + allowed + ".";
  if (!hint.empty()) sentence += " " + hint;
  reading_.refuse(node.place, std::move(sentence));
  return false;
}

bool Section::has(std::string_view key) const {
  return node_ &&
         std::any_of(node_->entries.begin(), node_->entries.end(), [&](const auto& e) { return e.key == key; });
}

void Section::require(std::initializer_list<const char*> keys) {
  if (!node_) return;
  for (const char* key : keys)
    if (!has(key)) reading_.refuse(node_->place, "`" + pathOf(key) + "` is missing.");
}

void Section::refuse(std::string_view key, std::string sentence) {
  if (!node_) return;
  for (const auto& entry : node_->entries)
    if (entry.key == key) return reading_.refuse(entry.value->place, std::move(sentence));
  reading_.refuse(node_->place, std::move(sentence));
}

std::string Section::where(std::string_view key) const {
  if (!node_) return reading_.name;
  for (const auto& entry : node_->entries)
    if (entry.key == key) return reading_.where(entry.value->place);
  return reading_.where(node_->place);
}

bool Section::section(std::string_view key, const std::function<void(Section&)>& fill) {
  const Node* node = take(key, "section", "a mapping", "");
  if (!node && !reading_.describing) return false;
  if (node && node->kind != Kind::mapping && node->kind != Kind::null) return wrong(*node, pathOf(key), "a mapping");
  Section inner(reading_, node, pathOf(key));
  fill(inner);
  return node != nullptr;
}

bool Section::map(std::string_view key, const std::function<void(const std::string&, Section&)>& each,
                  std::size_t max_items) {
  const std::string allowed = "a mapping of at most " + std::to_string(max_items) + " names";
  const Node* node = take(key, "map", allowed, "");
  if (reading_.describing) {
    Section inner(reading_, nullptr, pathOf(key) + ".<name>");
    each("name", inner);
  }
  if (!node) return false;
  if ((node->kind != Kind::mapping && node->kind != Kind::null) || node->entries.size() > max_items)
    return wrong(*node, pathOf(key), allowed);
  for (const auto& entry : node->entries) {
    if (!isPlainName(entry.key)) {
      reading_.refuse(entry.place,
                      detail::showText(entry.key) + " in `" + pathOf(key) +
                          "` must be 1 to 64 characters of a-z, 0-9, _ and -, beginning with a letter or digit.");
      continue;
    }
    const std::string inner_path = pathOf(key) + "." + entry.key;
    if (entry.value->kind != Kind::mapping && entry.value->kind != Kind::null) {
      wrong(*entry.value, inner_path, "a mapping");
      continue;
    }
    Section inner(reading_, entry.value.get(), inner_path);
    each(entry.key, inner);
  }
  return true;
}

bool Section::list(std::string_view key, const std::function<void(Section&)>& each, std::size_t max_items) {
  const Node* node = takeList(key, "list", "mappings", max_items);
  if (reading_.describing) {
    Section inner(reading_, nullptr, pathOf(key) + "[]");
    each(inner);
  }
  if (!node) return false;
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    const Node& item = *node->items[i];
    const std::string inner_path = pathOf(key) + "[" + std::to_string(i) + "]";
    if (item.kind != Kind::mapping) {
      wrong(item, inner_path, "a mapping");
      continue;
    }
    Section inner(reading_, &item, inner_path);
    each(inner);
  }
  return true;
}

bool Section::json(std::string_view key, std::string* out, std::size_t max_bytes) {
  const Node* node = take(key, "free", "anything; it is handed on as JSON", "");
  if (!node) return false;
  std::string text;
  if (!detail::toJson(*node, reading_, &text)) return false;
  if (text.size() > max_bytes) {
    reading_.refuse(node->place, "`" + pathOf(key) + "` is larger than " + std::to_string(max_bytes) + " bytes.");
    return false;
  }
  tell(text);
  *out = std::move(text);
  return true;
}

}  // namespace robohub::config
