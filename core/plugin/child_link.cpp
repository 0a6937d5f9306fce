#include "plugin/child_link.hpp"

#include <cstdlib>

#include "plugin/child_program.hpp"

namespace robohub::plugin {
namespace {

constexpr int kPacketBuffer_bytes = 1 << 20;
constexpr int kFrameBuffer_bytes = 256 * 1024;

}  // namespace

Result<ChildLink> ChildLink::start(const DriverSetup& setup, bool first, Epoch last_turn) {
  auto commands = process::socketPair(process::SocketKind::packets, kPacketBuffer_bytes);
  auto halts = process::socketPair(process::SocketKind::packets, kMaxLogBytes * 16);
  auto frames = process::socketPair(process::SocketKind::bytes, kFrameBuffer_bytes);
  if (!commands || !halts || !frames)
    return fail(ErrorCode::exhausted, "No sockets are left for the driver's process.");
  process::Spawn spawn;
  spawn.program = setup.host_program;
  spawn.descriptors = {commands->theirs.get(), halts->theirs.get(), frames->theirs.get()};
  spawn.environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8"};
  if (std::getenv(kCoresVariable)) spawn.environment.push_back(std::string(kCoresVariable) + "=1");
  auto child = process::Child::spawn(spawn);
  if (!child) return fail(child.error());
  ChildLink link{std::move(*child), std::move(commands->ours), std::move(halts->ours), std::move(frames->ours)};
  const Packet open{Word::open,
                    kPacketVersion,
                    first ? 1 : 0,
                    last_turn,
                    {setup.plugin.folder.string(), setup.type, setup.device, setup.config, setup.state_file.string(),
                     setup.capture_folder.string(), setup.private_folder.string()}};
  if (send(link.commands.get(), open, false) != Sent::yes)
    return fail(ErrorCode::too_large, "The driver's configuration is too large.");
  return link;
}

}  // namespace robohub::plugin
