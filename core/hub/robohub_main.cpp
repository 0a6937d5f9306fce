#include <iostream>
#include <string_view>

#include "hub/commands.hpp"
#include "hub/serve.hpp"

int main(int argc, char** argv) {
  try {
    if (argc > 1 && std::string_view(argv[1]) == "serve") {
      robohub::hub::ServeApplication serve;
      return serve.run(argc - 1, argv + 1);
    }
    return robohub::hub::runCommand({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "robohub: " << error.what() << "\n";
    return 70;
  }
}
