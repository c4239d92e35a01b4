#include <cstdio>
#include <varve/varve.hpp>

int main() {
  const varve::Error error{varve::Errc::corruption, "12.table @ 4096"};
  std::printf("%s\n", error.message().c_str());
}
