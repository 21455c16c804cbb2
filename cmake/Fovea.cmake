# Targets of one shape: a unit is a static library, a test is one GoogleTest program.

# fovea_unit(NAME SOURCES file… [DEPENDS unit-or-library…] [PRIVATE library…])
function(fovea_unit name)
  cmake_parse_arguments(UNIT "" "" "SOURCES;DEPENDS;PRIVATE" ${ARGN})
  add_library(fovea_${name} STATIC ${UNIT_SOURCES})
  add_library(fovea::${name} ALIAS fovea_${name})
  target_include_directories(
    fovea_${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                         $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>
                         $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/generated>
                         $<INSTALL_INTERFACE:include>)
  target_link_libraries(
    fovea_${name}
    PUBLIC ${UNIT_DEPENDS}
    PRIVATE fovea_options ${UNIT_PRIVATE})
  set_target_properties(fovea_${name} PROPERTIES EXPORT_NAME ${name} POSITION_INDEPENDENT_CODE ON)
  set_property(GLOBAL APPEND PROPERTY FOVEA_UNITS fovea_${name})
endfunction()

# fovea_test(NAME SOURCES file… [DEPENDS library…] [LABELS label…])
function(fovea_test name)
  if(NOT FOVEA_TESTS)
    return()
  endif()
  cmake_parse_arguments(TEST "" "" "SOURCES;DEPENDS;LABELS" ${ARGN})
  if(NOT TEST_LABELS)
    set(TEST_LABELS fast)
  endif()
  add_executable(test_${name} ${TEST_SOURCES})
  target_link_libraries(test_${name} PRIVATE fovea_options ${TEST_DEPENDS} GTest::gmock_main)
  # Tests run in the root of the tree; a relative path lets clones share compiled files.
  target_compile_definitions(test_${name} PRIVATE FOVEA_SOURCE_DIR=".")
  set_target_properties(test_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                                                ${PROJECT_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND test_${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS "${TEST_LABELS}" TIMEOUT 900)
endfunction()

# fovea_fuzzer(NAME SOURCES file… [DEPENDS library…] [LABELS label…])
#
# A parser under hostile bytes: fuzz_NAME. Under FOVEA_FUZZ it is a libFuzzer program (clang; the
# units are then built with FOVEA_SANITIZE=fuzzer-no-link,…). In every other build the same sources
# get a plain main, and the committed corpus fuzz/corpus/NAME is replayed as the test corpus_NAME.
function(fovea_fuzzer name)
  cmake_parse_arguments(FUZZ "" "" "SOURCES;DEPENDS;LABELS" ${ARGN})
  if(NOT FUZZ_LABELS)
    set(FUZZ_LABELS fast)
  endif()
  set(corpus ${PROJECT_SOURCE_DIR}/fuzz/corpus/${name})
  add_executable(fuzz_${name} ${FUZZ_SOURCES})
  target_link_libraries(fuzz_${name} PRIVATE fovea_options ${FUZZ_DEPENDS})
  set_target_properties(fuzz_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
  if(FOVEA_FUZZ)
    target_compile_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    add_test(NAME corpus_${name} COMMAND fuzz_${name} -runs=0 ${corpus})
  else()
    target_sources(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/fuzz/replay_main.cc)
    add_test(NAME corpus_${name} COMMAND fuzz_${name} ${corpus})
  endif()
  set_tests_properties(corpus_${name} PROPERTIES LABELS "${FUZZ_LABELS}" TIMEOUT 300)
endfunction()
