# Compiles through ccache where it is installed. Paths are hashed relative to the tree, so that
# clones in other folders share results.
if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(FOVEA_CCACHE ccache)
  mark_as_advanced(FOVEA_CCACHE)
  if(FOVEA_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER
        env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${FOVEA_CCACHE})
  endif()
endif()
