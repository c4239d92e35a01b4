# For another processor: VARVE_CROSS_TRIPLET names it as Debian's compilers do, VARVE_CROSS_SYSROOT is
# where tools/cross.sh has put that machine's packages, and VARVE_CROSS_EMULATOR, a list, runs its
# programs.
set(CMAKE_SYSTEM_NAME Linux)
string(REGEX REPLACE "-.*" "" CMAKE_SYSTEM_PROCESSOR "${VARVE_CROSS_TRIPLET}")
# Checks of the compiler read this file too, and know no more than these.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES
  VARVE_CROSS_TRIPLET VARVE_CROSS_SYSROOT VARVE_CROSS_EMULATOR)

# The compiler brings the C and C++ libraries that it links. No sysroot for it, which would have it
# look for its own headers there.
set(CMAKE_CXX_COMPILER ${VARVE_CROSS_TRIPLET}-g++-12)
set(CMAKE_LIBRARY_ARCHITECTURE ${VARVE_CROSS_TRIPLET})
set(CMAKE_FIND_ROOT_PATH ${VARVE_CROSS_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
# Libraries that a library needs.
set(CMAKE_EXE_LINKER_FLAGS_INIT
  "-Wl,-rpath-link,${VARVE_CROSS_SYSROOT}/usr/lib/${VARVE_CROSS_TRIPLET}")

set(CMAKE_CROSSCOMPILING_EMULATOR ${VARVE_CROSS_EMULATOR})
