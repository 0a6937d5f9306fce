// The one pass of ChannelShape::read(). For that file alone.
#pragma once
#include "telemetry/channel_shape.hpp"

namespace robohub::telemetry {

class ShapeReader {
 public:
  ShapeReader(const ChannelShape& shape, std::string_view text, std::vector<FieldValue>& out);
  Status run();

 private:
  using Node = ChannelShape::Node;
  using Kind = ChannelShape::Kind;
  // False: refused, and why_ says why.
  bool value(std::uint32_t index);
  bool object(const Node& node);
  bool array(const Node& node);
  bool number(const Node& node);
  bool boolean(const Node& node);
  bool string(std::string_view& raw);
  bool take(char c);
  void space();
  bool wrong(const char* why);

  const ChannelShape& shape_;
  const char* at_;
  const char* const end_;
  std::vector<FieldValue>& out_;
  std::string why_, where_;
};

}  // namespace robohub::telemetry
