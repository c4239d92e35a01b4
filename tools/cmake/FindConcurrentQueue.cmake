# Debian's libconcurrentqueue-dev ships headers only. Provides ConcurrentQueue::concurrentqueue.
find_path(ConcurrentQueue_INCLUDE_DIR concurrentqueue.h PATH_SUFFIXES concurrentqueue
  concurrentqueue/moodycamel)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(ConcurrentQueue REQUIRED_VARS ConcurrentQueue_INCLUDE_DIR)
if(ConcurrentQueue_FOUND AND NOT TARGET ConcurrentQueue::concurrentqueue)
  add_library(ConcurrentQueue::concurrentqueue INTERFACE IMPORTED)
  target_include_directories(ConcurrentQueue::concurrentqueue
    SYSTEM INTERFACE ${ConcurrentQueue_INCLUDE_DIR})
endif()
