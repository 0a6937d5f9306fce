// robohub-plugin-host: the child process around one plugin. Started by an agent, never by hand.
#include "plugin/child_program.hpp"

int main() {
  return robohub::plugin::runChild();
}
