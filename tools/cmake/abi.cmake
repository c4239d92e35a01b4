# What the library asks of the machine that it is built for, and what it and its users have to be
# compiled with alike: CMake hands that on, and varve.pc by varve_pc_definitions.
include(CheckCXXSourceCompiles)
set(varve_pc_definitions)
set(varve_pc_libraries)

# Products and sums would be fused into one rounding where processors can: on arm64, and not on
# x86-64. What is stored, and what aggregates answer, is to be the same on all.
target_compile_options(varve PRIVATE -ffp-contract=off)

# On 32 bits glibc's times end in 2038, and its files at 2 GiB, unless it is told otherwise. Public,
# since inline functions of the standard library and of Asio hand such times on: those of a program
# and of the library have to be the same.
if(CMAKE_SIZEOF_VOID_P EQUAL 4)
  target_compile_definitions(varve PUBLIC _FILE_OFFSET_BITS=64 _TIME_BITS=64)
  string(APPEND varve_pc_definitions " -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64")
endif()

# Containers of another size. varve/detail/debug_mode.hpp refuses a program that has others.
string(TOUPPER "${CMAKE_BUILD_TYPE}" varve_config)
if("${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${varve_config}}" MATCHES "-D *_GLIBCXX_DEBUG($|[ =])")
  target_compile_definitions(varve INTERFACE _GLIBCXX_DEBUG)
  string(APPEND varve_pc_definitions " -D_GLIBCXX_DEBUG")
endif()

# Processors without atomic operations on 64 bits, such as those of armel, have them in a library.
check_cxx_source_compiles("
  #include <atomic>
  #include <cstdint>
  std::atomic<std::uint64_t> number{0};
  int main() {
    number.store(1);
    return static_cast<int>(number.fetch_add(1) + number.exchange(2) + number.load());
  }" VARVE_HAS_ATOMICS)
if(NOT VARVE_HAS_ATOMICS)
  target_link_libraries(varve PUBLIC atomic)
  string(APPEND varve_pc_libraries " -latomic")
endif()
