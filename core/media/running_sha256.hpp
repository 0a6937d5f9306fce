// A SHA-256 of bytes that come in pieces. Not thread-safe.
#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace robohub::media {

class RunningSha256 {
 public:
  RunningSha256();
  ~RunningSha256();
  void add(std::string_view bytes);
  // 64 hexadecimal digits; begins anew.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace robohub::media
