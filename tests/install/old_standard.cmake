# Compiles headers of INCLUDE with a standard that is too old: one line says what is needed, and the
# compilation ends there. That all others begin as these do is for tests/lint/headers_test.py.
foreach(header IN ITEMS varve engine detail/outstanding)
  execute_process(
    COMMAND ${COMPILER} -std=c++20 -fsyntax-only -I${INCLUDE} -include varve/${header}.hpp
            -x c++ /dev/null
    RESULT_VARIABLE result OUTPUT_QUIET ERROR_VARIABLE said)
  string(REGEX MATCHALL "error:" errors "${said}")
  list(LENGTH errors error_count)
  if(result EQUAL 0 OR NOT said MATCHES "error: [^\n]*Varve needs C\\+\\+23 with std::expected" OR
     error_count GREATER 2)
    message(FATAL_ERROR "${header}: ${error_count} errors, status ${result}:\n${said}")
  endif()
endforeach()
