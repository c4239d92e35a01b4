# Compiles SOURCE the way a Makefile would, with nothing but pkg-config, and runs it in FOLDER.
file(MAKE_DIRECTORY ${FOLDER})
set(program ${FOLDER}/consumer)
set(ENV{PKG_CONFIG_PATH} ${PC_DIR})
execute_process(COMMAND ${PKG_CONFIG} --cflags --libs --static varve
  OUTPUT_VARIABLE from_pkg_config OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(from_pkg_config UNIX_COMMAND "${from_pkg_config}")
separate_arguments(FLAGS UNIX_COMMAND "${FLAGS}")
execute_process(
  COMMAND ${COMPILER} -std=c++23 ${FLAGS} ${SOURCE} -o ${program} ${from_pkg_config}
  COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${program} WORKING_DIRECTORY ${FOLDER} COMMAND_ERROR_IS_FATAL ANY)
