# Debian's libasio-dev ships headers only. Provides Asio::asio.
find_path(Asio_INCLUDE_DIR asio.hpp)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Asio REQUIRED_VARS Asio_INCLUDE_DIR)
if(Asio_FOUND AND NOT TARGET Asio::asio)
  add_library(Asio::asio INTERFACE IMPORTED)
  target_include_directories(Asio::asio INTERFACE ${Asio_INCLUDE_DIR})
  # Whether Asio 1.22 takes memory by aligned_alloc or by new depends on what was included before,
  # so two files of one program may disagree, and free what the other took.
  # And it looks for clang's long-gone coroutines TS, and so misses C++20 coroutines there.
  target_compile_definitions(Asio::asio INTERFACE
    ASIO_STANDALONE ASIO_DISABLE_STD_ALIGNED_ALLOC $<$<CXX_COMPILER_ID:Clang>:ASIO_HAS_CO_AWAIT>)
endif()
