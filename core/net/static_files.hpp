// The page's files, read into memory once: a request looks a path up in a map, so there is no path to traverse, no disk
// on the way, and each answer shares one buffer. Immutable after load(). [any-thread]
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "net/http_message.hpp"

namespace robohub::net {

class StaticFiles {
 public:
  // Everything below `folder`, but for names that begin with a dot and symbolic links. "a.js.br" and "a.js.gz" beside
  // "a.js" are its encodings, not files. Errors: not_found, too_large (over 64 MiB in all), internal. Blocks.
  static Result<StaticFiles> load(const std::filesystem::path& folder);

  // The answer to GET or HEAD of `path` ("/index.html"; "/" is "/index.html"): 200, or 304 by If-None-Match; nothing
  // when there is no such file. HTML and everything else has to be revalidated (no-cache); files below /assets/ whose
  // names carry a hash ("app-3f9Kd2aX.js") are immutable for a year.
  std::optional<HttpResponse> answer(const HttpHead& head, std::string_view path) const;
  std::size_t size() const { return files_.size(); }

 private:
  struct Variant {
    SharedBytes bytes;
    std::string etag;
  };
  struct File {
    std::string type;
    bool immutable = false;
    Variant plain, gzip, brotli;
  };
  std::map<std::string, File, std::less<>> files_;
};

}  // namespace robohub::net
