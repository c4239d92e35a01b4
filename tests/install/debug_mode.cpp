// What varve/options.hpp includes, and so every program that opens an engine.
#include <varve/detail/debug_mode.hpp>

int main() {}
