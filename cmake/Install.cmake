# `cmake --install`: beside the programs the headers, the libraries, the package files that
# find_package(fovea) and pkg-config read. Included after every target exists.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/fovea)

# Units that only the programs use are not installed; what includes LibTorch is a component.
get_property(units GLOBAL PROPERTY FOVEA_UNITS)
set(learner_units)
set(core_units)
foreach(unit IN LISTS units)
  if(unit MATCHES "_(app|trainer)")
    continue()
  elseif(unit MATCHES "_(learner|fast_training|ops_torch)")
    list(APPEND learner_units ${unit})
  else()
    list(APPEND core_units ${unit})
  endif()
endforeach()

# fovea::fovea is the library as a whole: what a program links to load, plan and run a network.
add_library(fovea_all INTERFACE)
target_link_libraries(fovea_all INTERFACE ${core_units})
target_compile_features(fovea_all INTERFACE cxx_std_20)
set_target_properties(fovea_all PROPERTIES EXPORT_NAME fovea)
add_library(fovea::fovea ALIAS fovea_all)

install(
  TARGETS fovea_all fovea_options ${core_units}
  EXPORT fovea_core
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(
  EXPORT fovea_core
  FILE fovea-core.cmake
  NAMESPACE fovea::
  DESTINATION ${package_dir})
if(learner_units)
  install(
    TARGETS ${learner_units}
    EXPORT fovea_learner
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(
    EXPORT fovea_learner
    FILE fovea-learner.cmake
    NAMESPACE fovea::
    DESTINATION ${package_dir})
endif()

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/fovea DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/foveaConfig.cmake.in
                              ${PROJECT_BINARY_DIR}/foveaConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
# Before 1.0 a new minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/foveaConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/foveaConfig.cmake ${PROJECT_BINARY_DIR}/foveaConfigVersion.cmake
        DESTINATION ${package_dir})

# pkg-config: static libraries that refer to each other, so they are searched as one group.
set(pc_libraries)
foreach(unit IN LISTS core_units)
  string(APPEND pc_libraries " -l${unit}")
endforeach()
set(pc_requires)
set(pc_system)
if(FOVEA_RUNTIME)
  list(APPEND pc_requires libhwy)
endif()
if(FOVEA_CODECS)
  list(APPEND pc_requires libjpeg libpng libarchive)
endif()
if(FOVEA_ONNX AND FOVEA_RUNTIME)
  list(APPEND pc_requires protobuf)
  string(APPEND pc_system " -lonnx_proto")
endif()
list(JOIN pc_requires ", " pc_requires)
string(REGEX REPLACE "[^/]+" ".." pc_up "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
configure_file(${CMAKE_CURRENT_LIST_DIR}/fovea.pc.in ${PROJECT_BINARY_DIR}/fovea.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/fovea.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
