#include "net/http_parse.hpp"

#include "net/utf8.hpp"

namespace robohub::net {
namespace {

constexpr int kMaxFields = 100;

using Refused = tl::unexpected<HttpRefusal>;
Refused refuse(int status, std::string message) {
  return Refused(HttpRefusal{status, std::move(message)});
}

bool isTokenChar(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool isToken(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text)
    if (!isTokenChar(c)) return false;
  return true;
}

bool isControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Every field line of a head behind its first line (RFC 9112, 5). Read here and not by Poco, which decodes the encoded
// words of mail (RFC 2047) behind all checks: "=?us-ascii?q?chunked?=" is nothing to any other reader of HTTP.
tl::expected<Headers, HttpRefusal> readFieldLines(std::string_view lines) {
  Headers headers;
  int fields = 0;
  while (lines != "\r\n") {
    const auto end = lines.find("\r\n");
    if (end == std::string_view::npos) return refuse(400, "The head is cut.");
    const auto line = lines.substr(0, end);
    lines.remove_prefix(end + 2);
    if (++fields > kMaxFields) return refuse(431, "There are too many header fields.");
    if (line.front() == ' ' || line.front() == '\t') return refuse(400, "Folded header lines are not allowed.");
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !isToken(line.substr(0, colon)))
      return refuse(400, "A header field has no valid name.");
    if (colon > 256 || line.size() - colon > 8192) return refuse(431, "A header field is too long.");
    for (const char c : line.substr(colon + 1))
      if (isControl(c) && c != '\t') return refuse(400, "A header field holds a control character.");
    headers.add(std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1))));
  }
  return headers;
}

// How long the body is (RFC 9112, 6.3), where two readers could disagree, nobody is served.
tl::expected<BodyFraming, HttpRefusal> framing(const Headers& headers, int minor_version) {
  BodyFraming body;
  const auto lengths = headers.count("Content-Length"), encodings = headers.count("Transfer-Encoding");
  if (lengths + encodings > 1) return refuse(400, "The body's length is given more than once.");
  if (encodings) {
    if (minor_version == 0) return refuse(400, "HTTP/1.0 has no transfer encodings.");
    if (!equalsIgnoringCase(headers.get("Transfer-Encoding"), "chunked"))
      return refuse(501, "The only transfer encoding known here is chunked.");
    body.kind = BodyFraming::Kind::chunked;
  }
  if (lengths) {
    const auto text = headers.get("Content-Length");
    if (text.empty() || text.size() > 18 || text.find_first_not_of("0123456789") != std::string_view::npos)
      return refuse(400, "Content-Length is not a number.");
    for (const char c : text) body.length = body.length * 10 + static_cast<std::uint64_t>(c - '0');
    if (body.length > 0) body.kind = BodyFraming::Kind::length;
  }
  return body;
}

bool isHost(std::string_view host) {
  if (host.size() > 255) return false;
  for (const char c : host)
    if (isControl(c) || static_cast<unsigned char>(c) > 0x7e ||
        std::string_view(" /\\?#@,\"<>{}|^`").find(c) != std::string_view::npos)
      return false;
  return true;
}

tl::expected<void, HttpRefusal> readTarget(HttpHead& head) {
  const std::string_view target = head.target;
  if (target.front() != '/') return refuse(400, "The request target must be a path.");
  for (const char c : target)
    if (isControl(c) || static_cast<unsigned char>(c) > 0x7e || c == '#' || c == '\\' || c == '"' || c == '<' ||
        c == '>')
      return refuse(400, "The request target holds a character that must be escaped.");
  const auto question = std::min(target.find('?'), target.size());
  const auto raw_path = target.substr(0, question);
  head.query = target.substr(std::min(question + 1, target.size()));

  // An escaped slash, backslash or NUL in a path means something else to everyone who decodes it once more.
  for (auto at = raw_path.find('%'); at != std::string_view::npos; at = raw_path.find('%', at + 1)) {
    const int high = at + 2 < raw_path.size() ? hexDigit(raw_path[at + 1]) : -1;
    const int low = high >= 0 ? hexDigit(raw_path[at + 2]) : -1;
    const char c = static_cast<char>(high * 16 + low);
    if (low < 0 || isControl(c) || c == '/' || c == '\\')
      return refuse(400, "The path holds an escape that is not allowed.");
  }
  auto path = percentDecode(raw_path, false);
  if (!path || !isUtf8(*path)) return refuse(400, "The path is not UTF-8.");
  for (std::size_t begin = 1; begin <= path->size();) {
    const auto end = std::min(path->find('/', begin), path->size());
    const auto segment = std::string_view(*path).substr(begin, end - begin);
    if (segment == "." || segment == "..") return refuse(400, "The path holds dot segments.");
    begin = end + 1;
  }
  head.path = std::move(*path);
  for (std::string_view rest = head.query; !rest.empty();) {
    const auto end = std::min(rest.find('&'), rest.size());
    const auto decoded = percentDecode(rest.substr(0, end), true);
    if (!decoded || !isUtf8(*decoded) || decoded->find('\0') != std::string::npos)
      return refuse(400, "The query holds an escape that is not allowed.");
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

// "METHOD /target HTTP/1.x", single spaces.
tl::expected<void, HttpRefusal> checkRequestLine(std::string_view line) {
  const auto first = line.find(' ');
  const auto second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos || second == first + 1 || line.find(' ', second + 1) != std::string_view::npos)
    return refuse(400, "The request line is not \"METHOD target HTTP/1.1\".");
  if (first > 16 || !isToken(line.substr(0, first))) return refuse(400, "The method is not a token.");
  const auto version = line.substr(second + 1);
  if (version == "HTTP/1.1" || version == "HTTP/1.0") return {};
  if (version.size() == 8 && version.substr(0, 5) == "HTTP/")
    return refuse(505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
  return refuse(400, "The request line does not end with an HTTP version.");
}

}  // namespace

tl::expected<std::size_t, HttpRefusal> findHeadEnd(std::string_view bytes, std::size_t from, std::size_t max_bytes) {
  const auto limit = std::min(bytes.size(), max_bytes);
  for (std::size_t i = from; i < limit; ++i) {
    const char c = bytes[i];
    if (c == '\0') return refuse(400, "The head holds a NUL.");
    if (c == '\n') {
      if (i == 0 || bytes[i - 1] != '\r') return refuse(400, "A line ends without a carriage return.");
      if (i >= 3 && bytes[i - 2] == '\n') return i + 1;
      if (i == 1) return refuse(400, "The head begins with an empty line.");
    } else if (i > 0 && bytes[i - 1] == '\r') {
      return refuse(400, "A carriage return stands alone.");
    }
  }
  if (bytes.size() >= max_bytes) return refuse(431, "The head is too long.");
  return std::size_t{0};
}

tl::expected<ParsedRequest, HttpRefusal> parseRequestHead(std::string_view raw) {
  const auto line_end = raw.find("\r\n");
  if (line_end == std::string_view::npos) return refuse(400, "The head is cut.");
  const auto line = raw.substr(0, line_end);
  if (auto checked = checkRequestLine(line); !checked) return Refused(checked.error());
  auto fields = readFieldLines(raw.substr(line_end + 2));
  if (!fields) return Refused(fields.error());
  ParsedRequest parsed;
  HttpHead& head = parsed.head;
  const auto target_at = line.find(' ') + 1;
  head.method = line.substr(0, target_at - 1);
  head.target = line.substr(target_at, line.find(' ', target_at) - target_at);
  head.minor_version = line.back() == '1' ? 1 : 0;
  head.headers = std::move(*fields);
  if (auto read = readTarget(head); !read) return Refused(read.error());
  const auto hosts = head.headers.count("Host");
  if (hosts > 1 || (hosts == 0 && head.minor_version == 1) || !isHost(head.host()))
    return refuse(400, "The request needs one valid Host.");
  auto body = framing(head.headers, head.minor_version);
  if (!body) return Refused(body.error());
  parsed.body = *body;
  if (const auto* expects = head.headers.find("Expect"); expects && head.minor_version == 1) {
    if (!equalsIgnoringCase(*expects, "100-continue")) return refuse(417, "The expectation is not known.");
    parsed.expects_continue = true;
  }
  return parsed;
}

tl::expected<ParsedResponse, HttpRefusal> parseResponseHead(std::string_view raw, bool to_head_request) {
  const auto line_end = raw.find("\r\n");
  const auto line = raw.substr(0, line_end);
  const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
  if (line_end == std::string_view::npos || line.size() < 12 ||
      (line.substr(0, 9) != "HTTP/1.1 " && line.substr(0, 9) != "HTTP/1.0 ") || line[9] < '1' || line[9] > '5' ||
      !isDigit(line[10]) || !isDigit(line[11]) || (line.size() > 12 && line[12] != ' '))
    return refuse(400, "The answer does not begin with an HTTP status.");
  if (line.size() > 512) return refuse(400, "The status line is too long.");
  auto fields = readFieldLines(raw.substr(line_end + 2));
  if (!fields) return Refused(fields.error());
  ParsedResponse parsed;
  const int minor_version = line[7] - '0';
  parsed.headers = std::move(*fields);
  parsed.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  parsed.reason = line.size() > 13 ? line.substr(13) : std::string_view();
  auto body = framing(parsed.headers, minor_version);
  if (!body) return Refused(body.error());
  parsed.body = *body;
  if (to_head_request || parsed.status < 200 || parsed.status == 204 || parsed.status == 304)
    parsed.body = {};
  else if (body->kind == BodyFraming::Kind::none && !parsed.headers.has("Content-Length"))
    parsed.body.kind = BodyFraming::Kind::until_close;
  parsed.keep_alive = minor_version >= 1 ? !parsed.headers.hasToken("Connection", "close")
                                         : parsed.headers.hasToken("Connection", "keep-alive");
  return parsed;
}

std::optional<std::string> percentDecode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      decoded.push_back(' ');
    } else if (text[i] == '%') {
      const int high = i + 2 < text.size() ? hexDigit(text[i + 1]) : -1;
      const int low = high >= 0 ? hexDigit(text[i + 2]) : -1;
      if (low < 0) return std::nullopt;
      decoded.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      decoded.push_back(text[i]);
    }
  }
  return decoded;
}

ChunkedDecoder::State ChunkedDecoder::feed(std::string_view& in, std::string& out, std::size_t limit) {
  while (!in.empty() && at_ != At::done) {
    if (at_ == At::content) {
      const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size()));
      if (take > limit || out.size() > limit - take) return State::too_large;
      out.append(in.substr(0, take));
      in.remove_prefix(take);
      left_ -= take;
      if (left_ == 0) at_ = At::content_cr;
      continue;
    }
    const char c = in.front();
    in.remove_prefix(1);
    switch (at_) {
      case At::size:
        if (const int digit = hexDigit(c); digit >= 0) {
          if (++digits_ > 8) return State::bad;
          left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
          break;
        }
        if (digits_ == 0) return State::bad;
        if (c == '\r')
          at_ = At::size_lf;
        else if (c == ';')
          at_ = At::extension, skipped_ = 0;
        else
          return State::bad;
        break;
      case At::extension:
        if (c == '\r')
          at_ = At::size_lf;
        else if ((isControl(c) && c != '\t') || ++skipped_ > 256)
          return State::bad;
        break;
      case At::size_lf:
        if (c != '\n') return State::bad;
        if (left_ > limit) return State::too_large;
        at_ = left_ > 0 ? At::content : At::trailer;
        digits_ = skipped_ = 0;
        break;
      case At::content_cr:
        if (c != '\r') return State::bad;
        at_ = At::content_lf;
        break;
      case At::content_lf:
        if (c != '\n') return State::bad;
        at_ = At::size;
        break;
      case At::trailer:
        if (c == '\r') {
          at_ = At::trailer_lf;
          break;
        }
        if ((isControl(c) && c != '\t') || ++skipped_ > 4096) return State::bad;
        line_empty_ = false;
        break;
      case At::trailer_lf:
        if (c != '\n') return State::bad;
        at_ = line_empty_ ? At::done : At::trailer;
        line_empty_ = true;
        break;
      default: return State::bad;
    }
  }
  return at_ == At::done ? State::done : State::more;
}

}  // namespace robohub::net
