# Compiles through ccache where it is installed. CMAKE_CXX_COMPILER_LAUNCHER, empty or not, decides
# otherwise.
find_program(VARVE_CCACHE ccache)
mark_as_advanced(VARVE_CCACHE)
if(VARVE_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_CURRENT_LIST_DIR}/compile_cached.sh)
  # The header's name would be part of each key, and clang reads nothing but the .pch.
  if(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
    set(CMAKE_CXX_COMPILE_OPTIONS_USE_PCH -Xclang -include-pch -Xclang <PCH_FILE>)
  endif()
endif()
