// A strict JSON reader (RFC 8259) that calls a handler, because lenient readers disagree about the same text and every
// disagreement between two checks is a hole. Refused: duplicate keys (when the handler says so), depth over a limit,
// integers beyond 64 bits, numbers that are no finite double, invalid UTF-8, lone surrogates, control characters in
// strings, comments, a byte order mark, anything behind the value. Header-only, standard library only. [any-thread]
#pragma once
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace rh {

struct JsonFault {
  std::size_t offset = 0;        // byte offset of the fault
  const char* reason = nullptr;  // a sentence; null: no fault
  explicit operator bool() const { return reason != nullptr; }
};

// Calls, in the order of the text: onNull(), onBool(bool), onInteger(int64_t), onNumber(double), onText(std::string&&),
// beginArray(), endArray(), beginObject(), onKey(std::string&&) and endObject(). onKey and endObject return false to
// refuse the object for a duplicate key. A handler whose onText() takes a std::string_view gets keys as such too: a
// part of the text that is read where it is ASCII without escapes, else one that holds until the next key or text.
template <class Handler>
class JsonReader {
 public:
  // The containers of a value nest at most `max_depth` deep: "[]" has depth 1.
  JsonReader(std::string_view text, Handler& handler, int max_depth = 32)
      : text_(text), handler_(handler), max_depth_(max_depth) {}

  // Reads exactly one value with white space around it. Returns the first fault.
  JsonFault read() {
    skipSpace();
    if (!value(0)) return fault_;
    skipSpace();
    if (at_ != text_.size()) refuse("There is something behind the JSON value.");
    return fault_;
  }

 private:
  template <class Any, class = void>
  struct TakesViews : std::false_type {};
  template <class Any>
  struct TakesViews<Any, std::void_t<decltype(std::declval<Any&>().onText(std::string_view()))>> : std::true_type {};
  static constexpr bool kViews = TakesViews<Handler>::value;

  bool refuse(const char* reason) { return refuseAt(at_, reason); }
  bool refuseAt(std::size_t offset, const char* reason) {
    if (!fault_) fault_ = JsonFault{offset, reason};
    return false;
  }
  bool more() const { return at_ < text_.size(); }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skipSpace() {
    while (more() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) ++at_;
  }

  bool value(int depth) {
    switch (peek()) {
      case '{': return object(depth + 1);
      case '[': return array(depth + 1);
      case '"': return text([this](auto&& text) { return handler_.onText(std::forward<decltype(text)>(text)), true; });
      case 't': return word("true") && (handler_.onBool(true), true);
      case 'f': return word("false") && (handler_.onBool(false), true);
      case 'n': return word("null") && (handler_.onNull(), true);
      default: return number();
    }
  }

  bool word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return refuse("This is no JSON value.");
    at_ += word.size();
    return true;
  }

  bool object(int depth) {
    const std::size_t start = at_;
    if (depth > max_depth_) return refuse("The JSON is nested too deeply.");
    ++at_;
    handler_.beginObject();
    skipSpace();
    if (peek() != '}') {
      for (;;) {
        skipSpace();
        const std::size_t key_at = at_;
        if (peek() != '"') return refuse("A key in quotes is expected here.");
        if (!text([&](auto&& key) {
              return handler_.onKey(std::forward<decltype(key)>(key)) ||
                     refuseAt(key_at, "This key stands here twice.");
            }))
          return false;
        skipSpace();
        if (peek() != ':') return refuse("A ':' is expected here.");
        ++at_;
        skipSpace();
        if (!value(depth)) return false;
        skipSpace();
        if (peek() != ',') break;
        ++at_;
      }
    }
    if (!more() || peek() != '}') return refuse("A ',' or '}' is expected here.");
    ++at_;
    return handler_.endObject() || refuseAt(start, "A key stands twice in this object.");
  }

  bool array(int depth) {
    if (depth > max_depth_) return refuse("The JSON is nested too deeply.");
    ++at_;
    handler_.beginArray();
    skipSpace();
    if (peek() != ']') {
      for (;;) {
        skipSpace();
        if (!value(depth)) return false;
        skipSpace();
        if (peek() != ',') break;
        ++at_;
      }
    }
    if (!more() || peek() != ']') return refuse("A ',' or ']' is expected here.");
    ++at_;
    handler_.endArray();
    return true;
  }

  static bool digit(char c) { return c >= '0' && c <= '9'; }

  bool number() {
    const std::size_t start = at_;
    bool integer = true;
    if (peek() == '-') ++at_;
    if (!digit(peek())) return refuseAt(start, "This is no JSON value.");
    if (text_[at_++] != '0')
      while (digit(peek())) ++at_;
    if (peek() == '.') {
      integer = false;
      ++at_;
      if (!digit(peek())) return refuse("A digit is expected behind the '.'.");
      while (digit(peek())) ++at_;
    }
    if (peek() == 'e' || peek() == 'E') {
      integer = false;
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!digit(peek())) return refuse("A digit is expected in the exponent.");
      while (digit(peek())) ++at_;
    }
    const char* first = text_.data() + start;
    const char* last = text_.data() + at_;
    if (integer) {
      std::int64_t n = 0;
      if (std::from_chars(first, last, n).ec != std::errc()) return refuseAt(start, "This integer needs over 64 bits.");
      handler_.onInteger(n);
      return true;
    }
    double d = 0;
    if (std::from_chars(first, last, d).ec != std::errc() || !std::isfinite(d))
      return refuseAt(start, "This number is out of range.");
    handler_.onNumber(d);
    return true;
  }

  template <class Take>
  bool text(Take take) {
    if constexpr (kViews) {
      const std::size_t quote = at_++;
      skipPlain();
      if (peek() == '"') return take(text_.substr(quote + 1, at_++ - quote - 1));
      at_ = quote;
      unescaped_.clear();
      return string(unescaped_) && take(std::string_view(unescaped_));
    } else {
      std::string out;
      return string(out) && take(std::move(out));
    }
  }

  void skipPlain() {
    while (more() && text_[at_] != '"' && text_[at_] != '\\' && static_cast<unsigned char>(text_[at_]) >= 0x20 &&
           static_cast<unsigned char>(text_[at_]) < 0x80)
      ++at_;
  }

  bool string(std::string& out) {
    ++at_;  // the opening quote
    for (;;) {
      const std::size_t run = at_;  // what needs no attention is copied at once
      skipPlain();
      out.append(text_, run, at_ - run);
      if (!more()) return refuse("The text has no closing quote.");
      const unsigned char c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') return ++at_, true;
      if (c == '\\') {
        if (!escape(out)) return false;
      } else if (c < 0x20) {
        return refuse("A control character must be escaped.");
      } else if (!utf8(out)) {
        return false;
      }
    }
  }

  bool hex4(unsigned& unit) {
    unit = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = peek();
      unsigned d = 0;
      if (digit(c))
        d = static_cast<unsigned>(c - '0');
      else if (c >= 'a' && c <= 'f')
        d = static_cast<unsigned>(c - 'a') + 10;
      else if (c >= 'A' && c <= 'F')
        d = static_cast<unsigned>(c - 'A') + 10;
      else
        return refuse("Four hexadecimal digits are expected behind \\u.");
      unit = unit * 16 + d;
    }
    return true;
  }

  bool escape(std::string& out) {
    const std::size_t start = at_++;
    const char c = peek();
    ++at_;
    switch (c) {
      case '"':
      case '\\':
      case '/': out += c; return true;
      case 'b': out += '\b'; return true;
      case 'f': out += '\f'; return true;
      case 'n': out += '\n'; return true;
      case 'r': out += '\r'; return true;
      case 't': out += '\t'; return true;
      case 'u': break;
      default: return refuseAt(start, "This escape is unknown.");
    }
    unsigned code = 0;
    if (!hex4(code)) return false;
    if (code >= 0xD800 && code <= 0xDFFF) {
      unsigned low = 0;
      if (code > 0xDBFF || text_.substr(at_, 2) != "\\u")
        return refuseAt(start, "Half of a surrogate pair stands alone.");
      at_ += 2;
      if (!hex4(low)) return false;
      if (low < 0xDC00 || low > 0xDFFF) return refuseAt(start, "Half of a surrogate pair stands alone.");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    if (code < 0x80) {
      out += static_cast<char>(code);
    } else if (code < 0x800) {
      out += static_cast<char>(0xC0 | (code >> 6));
      out += static_cast<char>(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
      out += static_cast<char>(0xE0 | (code >> 12));
      out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
      out += static_cast<char>(0x80 | (code & 0x3F));
    } else {
      out += static_cast<char>(0xF0 | (code >> 18));
      out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
      out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
      out += static_cast<char>(0x80 | (code & 0x3F));
    }
    return true;
  }

  // One multi-byte sequence; Unicode 15, table 3-7 (no overlong forms, no surrogates, nothing above U+10FFFF).
  bool utf8(std::string& out) {
    auto byte = [&](std::size_t i) -> unsigned {
      return at_ + i < text_.size() ? static_cast<unsigned char>(text_[at_ + i]) : 0u;
    };
    const unsigned lead = byte(0);
    std::size_t size = 0;
    unsigned low = 0x80, high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF)
      size = 2;
    else if (lead >= 0xE0 && lead <= 0xEF)
      size = 3, low = lead == 0xE0 ? 0xA0 : 0x80, high = lead == 0xED ? 0x9F : 0xBF;
    else if (lead >= 0xF0 && lead <= 0xF4)
      size = 4, low = lead == 0xF0 ? 0x90 : 0x80, high = lead == 0xF4 ? 0x8F : 0xBF;
    bool ok = size != 0 && byte(1) >= low && byte(1) <= high;
    for (std::size_t i = 2; ok && i < size; ++i) ok = byte(i) >= 0x80 && byte(i) <= 0xBF;
    if (!ok) return refuse("The text is not valid UTF-8.");
    out.append(text_, at_, size);
    at_ += size;
    return true;
  }

  std::string_view text_;
  Handler& handler_;
  int max_depth_;
  std::size_t at_ = 0;
  std::string unescaped_;  // for views
  JsonFault fault_;
};

}  // namespace rh
