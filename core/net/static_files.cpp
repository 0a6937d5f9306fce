#include "net/static_files.hpp"

#include <sodium.h>

#include <fstream>
#include <iterator>

namespace robohub::net {
namespace {

namespace fs = std::filesystem;
constexpr std::uintmax_t kMaxTotalBytes = 64 * 1024 * 1024;

std::string mimeType(const std::string& extension) {
  static const std::map<std::string, std::string, std::less<>> types = {
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".webmanifest", "application/manifest+json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".jpeg", "image/jpeg"},
      {".webp", "image/webp"},
      {".ico", "image/x-icon"},
      {".woff2", "font/woff2"},
      {".wasm", "application/wasm"},
      {".txt", "text/plain; charset=utf-8"},
  };
  const auto it = types.find(extension);
  return it == types.end() ? "application/octet-stream" : it->second;
}

std::string etagOf(std::string_view bytes) {
  unsigned char hash[16];
  crypto_generichash(hash, sizeof hash, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), nullptr, 0);
  char hex[2 * sizeof hash + 1];
  sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
  return "\"" + std::string(hex) + "\"";
}

// "app-3f9Kd2aX": eight characters behind a dash, as bundlers name content by its hash. A plain word is none.
bool carriesHash(const std::string& path) {
  if (path.rfind("/assets/", 0) != 0) return false;
  const auto stem = fs::path(path).stem().string();
  if (stem.size() < 10 || stem[stem.size() - 9] != '-') return false;
  bool varied = false;
  for (const char c : std::string_view(stem).substr(stem.size() - 8)) {
    const bool digit_or_upper = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
    if (!digit_or_upper && !(c >= 'a' && c <= 'z') && c != '_' && c != '-') return false;
    varied = varied || digit_or_upper;
  }
  return varied;
}

// Whether Accept-Encoding takes `coding` (RFC 9110, 12.5.3; weights but 0 count alike).
bool accepts(const Headers& headers, std::string_view coding) {
  bool any = false;
  for (const auto& [name, value] : headers.all()) {
    if (!equalsIgnoringCase(name, "Accept-Encoding")) continue;
    for (std::string_view rest = value; !rest.empty();) {
      const auto end = std::min(rest.find(','), rest.size());
      std::string element;
      for (const char c : rest.substr(0, end))
        if (c != ' ' && c != '\t') element.push_back(c);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const auto semicolon = std::min(element.find(';'), element.size());
      const auto weight = element.substr(semicolon);
      const bool refused = weight.rfind(";q=0", 0) == 0 && weight.find_first_not_of("0.", 3) == std::string::npos;
      if (equalsIgnoringCase(element.substr(0, semicolon), coding)) return !refused;
      if (element.substr(0, semicolon) == "*") any = !refused;
    }
  }
  return any;
}

// If-None-Match (RFC 9110, 13.1.2): a list of tags, weak comparison, or "*".
bool matches(std::string_view list, const std::string& etag) {
  for (auto at = list.find(etag); at != std::string_view::npos; at = list.find(etag, at + 1)) return true;
  return list == "*";
}

}  // namespace

Result<StaticFiles> StaticFiles::load(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error))
    return fail(ErrorCode::not_found, "There is no folder " + folder.string() + " to serve files from.");
  StaticFiles files;
  std::uintmax_t total = 0;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const auto name = it->path().filename().string();
    if (name.front() == '.' || it->is_symlink()) {
      if (it->is_directory()) it.disable_recursion_pending();
      continue;
    }
    if (!it->is_regular_file()) continue;
    std::ifstream in(it->path(), std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), {});
    if (!in && !in.eof()) return fail(ErrorCode::internal, "Cannot read " + it->path().string() + ".");
    total += bytes.size();
    if (total > kMaxTotalBytes)
      return fail(ErrorCode::too_large, "The files below " + folder.string() + " exceed 64 MiB.");

    auto relative = it->path().lexically_relative(folder);
    const auto extension = relative.extension().string();
    auto plain = relative;
    plain.replace_extension();
    const bool encoded = (extension == ".br" || extension == ".gz") && fs::is_regular_file(folder / plain);
    auto& file = files.files_["/" + (encoded ? plain : relative).generic_string()];
    auto& variant = !encoded ? file.plain : extension == ".br" ? file.brotli : file.gzip;
    variant.etag = etagOf(bytes);
    variant.bytes = shareBytes(std::move(bytes));
  }
  if (error) return fail(ErrorCode::internal, "Cannot read " + folder.string() + ": " + error.message() + ".");
  for (auto& [path, file] : files.files_) {
    file.type = mimeType(fs::path(path).extension().string());
    file.immutable = carriesHash(path);
  }
  return files;
}

std::optional<HttpResponse> StaticFiles::answer(const HttpHead& head, std::string_view path) const {
  const auto it = files_.find(path == "/" ? std::string_view("/index.html") : path);
  if (it == files_.end() || !it->second.plain.bytes) return std::nullopt;
  const File& file = it->second;
  if (head.method != "GET" && head.method != "HEAD") {
    auto refused = HttpResponse::text(405, "Only GET and HEAD are answered here.\n");
    refused.headers.add("Allow", "GET, HEAD");
    return refused;
  }
  const Variant* variant = &file.plain;
  std::string encoding;
  if (file.brotli.bytes && accepts(head.headers, "br"))
    variant = &file.brotli, encoding = "br";
  else if (file.gzip.bytes && accepts(head.headers, "gzip"))
    variant = &file.gzip, encoding = "gzip";

  HttpResponse response;
  response.headers.add("ETag", variant->etag);
  response.headers.add("Cache-Control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (file.brotli.bytes || file.gzip.bytes) response.headers.add("Vary", "Accept-Encoding");
  if (matches(head.headers.get("If-None-Match"), variant->etag)) {
    response.status = 304;
    return response;
  }
  response.headers.add("X-Content-Type-Options", "nosniff");
  if (!encoding.empty()) response.headers.add("Content-Encoding", encoding);
  response.content_type = file.type;
  response.body = variant->bytes;
  return response;
}

}  // namespace robohub::net
