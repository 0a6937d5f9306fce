// The readings of Section that yield one value, or a list of them.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/dotted_name.hpp"
#include "base/ids.hpp"
#include "config/scalar.hpp"
#include "config/section.hpp"
#include "config/tree.hpp"

namespace robohub::config {

using detail::Node;
using Kind = Node::Kind;

namespace {

constexpr const char* kQuotesHint = "Take away the quotes.";
constexpr std::size_t kMaxSecretBytes = 64 * 1024;

std::string wordList(const std::vector<const char*>& words) {
  std::string text = words.size() > 1 ? "one of" : "";
  for (std::size_t i = 0; i < words.size(); ++i) text += std::string(i || words.size() > 1 ? " " : "") + words[i];
  return text;
}

// As a file would have it: [a, b].
std::string joined(const std::vector<std::string>& texts) {
  std::string all = "[";
  for (const auto& text : texts) all += (all.size() > 1 ? ", " : "") + text;
  return all + "]";
}

// The file's contents without the line end behind them, or why not.
Result<std::string> readSecret(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0) return fail(ErrorCode::not_found, std::string("it cannot be opened: ") + std::strerror(errno));
  struct stat about {};
  std::string bytes(kMaxSecretBytes + 1, '\0');
  ssize_t got = -1;
  if (::fstat(file, &about) == 0 && S_ISREG(about.st_mode)) got = ::read(file, bytes.data(), bytes.size());
  ::close(file);
  if (got < 0) return fail(ErrorCode::invalid_argument, "it is no readable file");
  if (about.st_mode & 077)
    return fail(ErrorCode::permission_denied, "others than its owner may use it; take that away with chmod 600");
  if (got == static_cast<ssize_t>(bytes.size())) return fail(ErrorCode::too_large, "it has more than 64 KiB");
  bytes.resize(static_cast<std::size_t>(got));
  if (bytes.ends_with('\n')) bytes.pop_back();
  if (bytes.ends_with('\r')) bytes.pop_back();
  if (bytes.empty()) return fail(ErrorCode::invalid_argument, "it is empty");
  return bytes;
}

}  // namespace

bool Section::integer64(std::string_view key, std::int64_t* out, IntegerRange range, std::int64_t fallback) {
  const std::string allowed = "a whole number from " + std::to_string(range.min) + " to " + std::to_string(range.max);
  const Node* node = takeScalar(key, "integer", allowed, std::to_string(fallback));
  if (!node) return false;
  if (node->quoted) return wrong(*node, pathOf(key), allowed, kQuotesHint);
  const auto value = detail::parseInteger(node->text);
  if (!value || *value < range.min || *value > range.max) return wrong(*node, pathOf(key), allowed);
  *out = *value;
  tell(std::to_string(*value));
  return true;
}

bool Section::bytes(std::string_view key, std::int64_t* out, IntegerRange range) {
  const std::string allowed =
      "a number of bytes from " + detail::formatBytes(range.min) + " to " + detail::formatBytes(range.max);
  const Node* node = takeScalar(key, "bytes", allowed, detail::formatBytes(*out));
  if (!node) return false;
  std::string hint;
  const auto value = detail::parseBytes(node->text, &hint);
  if (!value || *value < range.min || *value > range.max) return wrong(*node, pathOf(key), allowed, hint);
  *out = *value;
  tell(detail::formatBytes(*value));
  return true;
}

bool Section::number(std::string_view key, double* out, NumberRange range) {
  const std::string allowed = "a number from " + detail::format(range.min) + " to " + detail::format(range.max);
  const Node* node = takeScalar(key, "number", allowed, detail::format(*out));
  if (!node) return false;
  if (node->quoted) return wrong(*node, pathOf(key), allowed, kQuotesHint);
  const auto value = detail::parseNumber(node->text);
  if (!value || *value < range.min || *value > range.max) return wrong(*node, pathOf(key), allowed);
  *out = *value;
  tell(detail::format(*value));
  return true;
}

bool Section::boolean(std::string_view key, bool* out) {
  const std::string allowed = "true or false";
  const Node* node = takeScalar(key, "boolean", allowed, *out ? "true" : "false");
  if (!node) return false;
  if (node->quoted) return wrong(*node, pathOf(key), allowed, kQuotesHint);
  if (node->text != "true" && node->text != "false")
    return wrong(*node, pathOf(key), allowed,
                 detail::isBooleanWord(node->text) ? "Only these two words, in small letters, are taken." : "");
  *out = node->text == "true";
  tell(node->text);
  return true;
}

bool Section::textFits(const Node& node, const std::string& name, LengthRange length) {
  const std::string allowed = "text of " + std::to_string(length.min) + " to " + std::to_string(length.max) + " bytes";
  if (node.text.size() < length.min || node.text.size() > length.max) return wrong(node, name, allowed);
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(node.text.begin(), node.text.end(), control))
    return wrong(node, name, allowed + " without line ends and control characters");
  return true;
}

bool Section::text(std::string_view key, std::string* out, LengthRange length) {
  const std::string allowed = "text of " + std::to_string(length.min) + " to " + std::to_string(length.max) + " bytes";
  const Node* node = takeScalar(key, "text", allowed, *out);
  if (!node || !textFits(*node, pathOf(key), length)) return false;
  *out = node->text;
  tell(*out);
  return true;
}

bool Section::dottedName(std::string_view key, std::string* out) {
  const std::string allowed = "1 to 64 characters of a-z, 0-9, _, - and single dots, beginning with a letter or digit";
  const Node* node = takeScalar(key, "name", allowed, *out);
  if (!node) return false;
  if (!isDottedName(node->text)) return wrong(*node, pathOf(key), allowed);
  *out = node->text;
  tell(*out);
  return true;
}

bool Section::name(std::string_view key, std::string* out) {
  const std::string allowed = "1 to 64 characters of a-z, 0-9, _ and -, beginning with a letter or digit";
  const Node* node = takeScalar(key, "name", allowed, *out);
  if (!node) return false;
  if (!isPlainName(node->text)) return wrong(*node, pathOf(key), allowed);
  *out = node->text;
  tell(*out);
  return true;
}

bool Section::duration(std::string_view key, Duration* out, DurationRange range) {
  const std::string allowed = "a duration from " + detail::format(range.min) + " to " + detail::format(range.max);
  const Node* node = takeScalar(key, "duration", allowed, detail::format(*out));
  if (!node) return false;
  std::string hint;
  const auto value = detail::parseDuration(node->text, &hint);
  if (!value || *value < range.min || *value > range.max) return wrong(*node, pathOf(key), allowed, hint);
  *out = *value;
  tell(detail::format(*value));
  return true;
}

bool Section::address(std::string_view key, Address* out) {
  const std::string allowed = "an address and port such as 127.0.0.1:8080";
  const Node* node = takeScalar(key, "address", allowed, out->host.empty() ? "" : out->str());
  if (!node) return false;
  std::string hint;
  auto value = detail::parseAddress(node->text, &hint);
  if (!value) return wrong(*node, pathOf(key), allowed, hint);
  *out = std::move(*value);
  tell(out->str());
  return true;
}

bool Section::url(std::string_view key, std::string* out, std::initializer_list<const char*> schemes) {
  const std::vector<const char*> names(schemes);
  std::string allowed = "a URL that begins with";
  for (std::size_t i = 0; i < names.size(); ++i) allowed += std::string(i ? " or " : " ") + names[i] + "://";
  allowed += " and has no user name";
  const Node* node = takeScalar(key, "url", allowed, *out);
  if (!node) return false;
  if (node->text.size() > 2048 || !detail::isUrl(node->text, names)) return wrong(*node, pathOf(key), allowed);
  *out = node->text;
  tell(*out);
  return true;
}

std::filesystem::path Section::resolve(const std::string& text) const {
  return (reading_.folder / std::filesystem::path(text)).lexically_normal();
}

bool Section::path(std::string_view key, std::filesystem::path* out) {
  const Node* node = takeScalar(key, "path", "a path", out->string());
  if (!node || !textFits(*node, pathOf(key), {1, 4095})) return false;
  *out = resolve(node->text);
  tell(out->string());
  return true;
}

bool Section::secretFile(std::string_view key, std::string* out) {
  const Node* node = takeScalar(key, "secret file", "the path of a file that only its owner may read", "");
  if (!node || !textFits(*node, pathOf(key), {1, 4095})) return false;
  auto secret = readSecret(resolve(node->text));
  if (!secret) {
    reading_.refuse(node->place, "`" + pathOf(key) + "` names " + detail::showText(resolve(node->text).string()) +
                                     ", but " + secret.error().message + ".");
    return false;
  }
  tell("(secret)", std::hash<std::string>()(*secret) | 1);
  *out = std::move(*secret);
  return true;
}

bool Section::choice(std::string_view key, std::string* out, std::initializer_list<const char*> words) {
  const std::vector<const char*> names(words);
  const auto current = std::find(names.begin(), names.end(), *out);
  std::size_t index = current == names.end() ? 0 : static_cast<std::size_t>(current - names.begin());
  if (!choiceIndex(key, &index, names)) return false;
  *out = names[index];
  return true;
}

bool Section::choiceIndex(std::string_view key, std::size_t* index, const std::vector<const char*>& words) {
  const std::string allowed = wordList(words);
  const Node* node = takeScalar(key, "choice", allowed, words[*index]);
  if (!node) return false;
  const auto found = std::find(words.begin(), words.end(), node->text);
  if (found == words.end()) {
    const std::string meant = detail::closest(node->text, {words.begin(), words.end()});
    return wrong(*node, pathOf(key), allowed, meant.empty() ? "" : "Did you mean `" + meant + "`?");
  }
  *index = static_cast<std::size_t>(found - words.begin());
  tell(words[*index]);
  return true;
}

bool Section::list(std::string_view key, std::vector<std::string>* out, std::size_t max_items, LengthRange length) {
  const Node* node = takeList(key, "list of texts", "texts", max_items, joined(*out));
  if (!node) return false;
  std::vector<std::string> values;
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    const Node& item = *node->items[i];
    const std::string name = pathOf(key) + "[" + std::to_string(i) + "]";
    if (item.kind != Kind::scalar) {
      wrong(item, name, "text");
    } else if (textFits(item, name, length)) {
      values.push_back(item.text);
    }
  }
  if (values.size() != node->items.size()) return false;
  *out = std::move(values);
  tell(joined(*out));
  return true;
}

bool Section::list(std::string_view key, std::vector<std::filesystem::path>* out, std::size_t max_items) {
  std::vector<std::string> texts(out->begin(), out->end());
  if (!list(key, &texts, max_items, {1, 4095})) return false;
  out->clear();
  for (auto& text : texts) {
    out->push_back(resolve(text));
    text = out->back().string();
  }
  tell(joined(texts));
  return true;
}

bool Section::list(std::string_view key, std::vector<Address>* out, std::size_t max_items) {
  const Node* node = takeList(key, "list of addresses", "addresses such as 127.0.0.1:8080", max_items, "[]");
  if (!node) return false;
  std::vector<Address> values;
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    const Node& item = *node->items[i];
    std::string hint;
    auto value = item.kind == Kind::scalar ? detail::parseAddress(item.text, &hint) : std::nullopt;
    if (value) {
      values.push_back(std::move(*value));
    } else {
      wrong(item, pathOf(key) + "[" + std::to_string(i) + "]", "an address and port such as 127.0.0.1:8080", hint);
    }
  }
  if (values.size() != node->items.size()) return false;
  *out = std::move(values);
  std::vector<std::string> texts;
  for (const Address& address : *out) texts.push_back(address.str());
  tell(joined(texts));
  return true;
}

}  // namespace robohub::config
