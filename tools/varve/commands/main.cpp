#include "tools/varve/commands/command.hpp"

int main(int argc, char** argv) { return varve::tools::run_command(argc, argv); }
