# Links SOURCE, which asks for a library built as it was compiled: as this one was, then in the other
# mode of libstdc++, which is refused by a name that says why.
file(MAKE_DIRECTORY ${FOLDER})
set(ENV{PKG_CONFIG_PATH} ${PC_DIR})
execute_process(COMMAND ${PKG_CONFIG} --cflags --libs --static varve
  OUTPUT_VARIABLE from_pkg_config OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(from_pkg_config UNIX_COMMAND "${from_pkg_config}")
separate_arguments(FLAGS UNIX_COMMAND "${FLAGS}")
set(command ${COMPILER} -std=c++23 ${FLAGS} ${SOURCE} -o ${FOLDER}/debug_mode ${from_pkg_config})
execute_process(COMMAND ${command} COMMAND_ERROR_IS_FATAL ANY)

set(other -D_GLIBCXX_DEBUG)
set(name library_built_with_GLIBCXX_DEBUG)
if("${command}" MATCHES "-D_GLIBCXX_DEBUG")
  set(other -U_GLIBCXX_DEBUG)
  set(name library_built_without_GLIBCXX_DEBUG)
endif()
execute_process(COMMAND ${command} ${other} RESULT_VARIABLE result ERROR_VARIABLE said)
if(result EQUAL 0 OR NOT said MATCHES "varve::detail::${name}")
  message(FATAL_ERROR "status ${result}:\n${said}")
endif()
