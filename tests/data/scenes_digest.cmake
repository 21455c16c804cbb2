# Compiles the renderer and the corruptions with g++ and clang++ at -O0 and -O3 and compares what each
# prints with the digests in scenes_test.cc and corrupt_test.cc.
file(READ ${SOURCE}/tests/data/scenes_test.cc text)
if(NOT text MATCHES "kDigest = 0x([0-9a-f]+);")
  message(FATAL_ERROR "no digest in scenes_test.cc")
endif()
set(expected ${CMAKE_MATCH_1})
file(READ ${SOURCE}/tests/data/corrupt_test.cc text)
if(NOT text MATCHES "kCorruptDigest = 0x([0-9a-f]+);")
  message(FATAL_ERROR "no digest in corrupt_test.cc")
endif()
string(APPEND expected " ${CMAKE_MATCH_1}")

set(files ${SOURCE}/tests/data/scenes_digest_main.cc)
foreach(name data/core/scenes data/core/scenes_paint data/core/scenes_shapes data/core/picture
             data/core/corrupt data/core/dataset base/error base/file base/noise base/words)
  list(APPEND files ${SOURCE}/src/${name}.cc)
endforeach()

foreach(compiler g++ clang++)
  find_program(path_${compiler} ${compiler} REQUIRED)
  foreach(level -O0 -O3)
    set(program ${WORK}/scenes_digest${level}_${compiler})
    execute_process(
      COMMAND ${path_${compiler}} -std=c++20 ${level} -I${SOURCE}/src -I${SOURCE}/include ${files} -o
              ${program} COMMAND_ERROR_IS_FATAL ANY)
    execute_process(
      COMMAND ${program}
      OUTPUT_VARIABLE digest
      OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    if(NOT digest STREQUAL expected)
      message(FATAL_ERROR "${compiler} ${level}: ${digest} instead of ${expected}")
    endif()
    message(STATUS "${compiler} ${level}: ${digest}")
  endforeach()
endforeach()
