# robohub_add_plugin(NAME id VERSION v SOURCES files... [PANEL files...] [LIBS targets...])
#
# Builds plugins/<id>/<version>/ in the build folder, laid out as hosts want it: <id>.so, plugin.json (made from the
# library's own describe()), and panel/ with the given files. The target is plugin_<id>; NAME and VERSION must be those that the
# type declares, which the build checks. ROBOHUB_PLUGIN_FOLDER puts the result elsewhere.
#
# A project of its own includes this file and has the function: docs/PLUGINS.md.

if(NOT TARGET robohub_sdk)
  find_package(Threads REQUIRED)
  add_library(robohub_sdk INTERFACE)
  target_include_directories(robohub_sdk INTERFACE ${CMAKE_CURRENT_LIST_DIR}/../include)
  target_compile_features(robohub_sdk INTERFACE cxx_std_17)
  find_program(ROBOHUB_PLUGIN_MANIFEST robohub-plugin-manifest REQUIRED
    HINTS ${CMAKE_CURRENT_LIST_DIR}/../../build/release/bin
    DOC "robohub-plugin-manifest of a built Robohub")
endif()

function(robohub_add_plugin)
  cmake_parse_arguments(ARG "" "NAME;VERSION" "SOURCES;PANEL;LIBS" ${ARGN})
  if(NOT ARG_NAME OR NOT ARG_VERSION OR NOT ARG_SOURCES)
    message(FATAL_ERROR "robohub_add_plugin: NAME, VERSION and SOURCES are needed.")
  endif()
  if(NOT ROBOHUB_PLUGIN_FOLDER)
    set(ROBOHUB_PLUGIN_FOLDER ${CMAKE_BINARY_DIR}/plugins)
  endif()
  set(folder ${ROBOHUB_PLUGIN_FOLDER}/${ARG_NAME}/${ARG_VERSION})
  set(target plugin_${ARG_NAME})
  set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  set(manifest_program robohub-plugin-manifest)
  if(NOT TARGET robohub-plugin-manifest AND ROBOHUB_PLUGIN_MANIFEST)
    set(manifest_program ${ROBOHUB_PLUGIN_MANIFEST})
  endif()

  add_library(${target} MODULE ${ARG_SOURCES})
  target_link_libraries(${target} PRIVATE robohub_sdk ${ARG_LIBS} Threads::Threads)
  if(TARGET robohub_warnings)
    target_link_libraries(${target} PRIVATE robohub_warnings)
  endif()
  set_target_properties(${target} PROPERTIES
    PREFIX "" OUTPUT_NAME ${ARG_NAME} LIBRARY_OUTPUT_DIRECTORY ${folder}
    CXX_VISIBILITY_PRESET hidden C_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${map})
  # STB_GNU_UNIQUE symbols would be shared between plugins behind the loader's back, and pin them.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
  # A symbol that nobody defines fails here, not at the first call on the device. (Clang's sanitizers leave theirs to the
  # program.)
  if(NOT (ROBOHUB_SANITIZE AND CMAKE_CXX_COMPILER_ID MATCHES Clang))
    target_link_options(${target} PRIVATE -Wl,-z,defs)
  endif()
  target_link_options(${target} PRIVATE -Wl,--version-script=${map})

  # A host reads and hashes the whole library each time it starts a driver, also while an output waits to be switched off.
  target_link_options(${target} PRIVATE $<$<CONFIG:Release>:-Wl,--strip-debug>)

  # Hosts refuse what group or others may write, whatever the umask was.
  add_custom_command(TARGET ${target} POST_BUILD COMMAND chmod go-w $<TARGET_FILE:${target}> ${folder} ${folder}/..)
  set(panel_files)
  foreach(file ${ARG_PANEL})
    get_filename_component(source ${file} ABSOLUTE)
    get_filename_component(leaf ${file} NAME)
    add_custom_command(OUTPUT ${folder}/panel/${leaf}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}/panel
      COMMAND ${CMAKE_COMMAND} -E copy ${source} ${folder}/panel/${leaf}
      COMMAND chmod go-w ${folder}/panel ${folder}/panel/${leaf}
      DEPENDS ${source})
    list(APPEND panel_files ${folder}/panel/${leaf})
  endforeach()
  add_custom_command(OUTPUT ${folder}/plugin.json
    COMMAND ${manifest_program} $<TARGET_FILE:${target}> ${folder}/plugin.json
    COMMAND chmod go-w ${folder}/plugin.json ${folder}/../..
    DEPENDS ${target} ${manifest_program}
    COMMENT "Describing plugin ${ARG_NAME} ${ARG_VERSION}")
  add_custom_target(${target}_folder ALL DEPENDS ${folder}/plugin.json ${panel_files})
  set_property(GLOBAL APPEND PROPERTY ROBOHUB_PLUGIN_FOLDERS ${folder})
endfunction()
