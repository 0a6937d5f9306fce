# How this project compiles: one place for the flags, the launcher, the sanitizers and the two target functions.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
# Optimised builds keep their asserts: a broken invariant must abort, not drive a motor.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1")

set(ROBOHUB_SANITIZE "" CACHE STRING "Sanitizers for all our code, as -fsanitize= takes them")
if(ROBOHUB_SANITIZE)
  add_compile_options(-fsanitize=${ROBOHUB_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ROBOHUB_SANITIZE})
endif()
if(ROBOHUB_SANITIZE MATCHES "^(address|thread)")
  set(CMAKE_CXX_FLAGS_DEBUG "-g1")  # a report needs lines, no variables
  set(CMAKE_C_FLAGS_DEBUG "-g1")
  add_compile_definitions(ROBOHUB_SANITIZED _GLIBCXX_ASSERTIONS)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/sanitizer)
  string(TOUPPER ${CMAKE_MATCH_1} kind)
  foreach(program HOST WORKER ANY)
    add_library(robohub_sanitizer_${program} OBJECT ${CMAKE_CURRENT_LIST_DIR}/sanitizer_defaults.c)
    target_compile_options(robohub_sanitizer_${program} PRIVATE -fno-sanitize=all)
    target_compile_definitions(robohub_sanitizer_${program} PRIVATE ROBOHUB_SANITIZE_${kind}
      ROBOHUB_SANITIZER_PROGRAM_${program} ROBOHUB_SANITIZER_REPORTS="${CMAKE_BINARY_DIR}/sanitizer")
  endforeach()
  set(name $<TARGET_PROPERTY:NAME>)
  set(program $<IF:$<STREQUAL:${name},robohub-plugin-host>,HOST,$<IF:$<STREQUAL:${name},robohub-media-worker>,WORKER,ANY>>)
  link_libraries($<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:$<TARGET_OBJECTS:robohub_sanitizer_${program}>>)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE_PROGRAM})
endif()

# Warnings are errors on our own code; the headers of libraries come in as system includes.
add_library(robohub_warnings INTERFACE)
target_compile_options(robohub_warnings INTERFACE
  -Wall -Wextra $<$<CXX_COMPILER_ID:GNU>:-Werror> -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough -Wextra-semi
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<COMPILE_LANGUAGE:CXX>>:-fpch-preprocess>)
# GCC 12, optimising, warns of faults inside std::string and std::variant that are not there (its bugs 105329, 105651,
# 105562; fixed in 13). True ones are found by the builds with sanitizers.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(robohub_warnings INTERFACE
    $<$<AND:$<CONFIG:Release>,$<COMPILE_LANGUAGE:CXX>>:-Wno-restrict;-Wno-array-bounds;-Wno-maybe-uninitialized;-Wno-stringop-overflow;-Wno-stringop-overread>)
endif()

set(ROBOHUB_PCH <algorithm> <chrono> <cstdint> <functional> <map> <memory> <optional> <string> <string_view> <variant> <vector>)

# robohub_core(NAME USES folders... LIBS targets...): the static library robohub_NAME of core/NAME.
# A folder's main.cpp is left out: programs are added by robohub_program().
function(robohub_core name)
  cmake_parse_arguments(ARG "" "" "USES;LIBS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/core/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "_main\\.cpp$")
  list(TRANSFORM ARG_USES PREPEND robohub_)
  if(sources)
    add_library(robohub_${name} STATIC ${sources})
    target_include_directories(robohub_${name} PUBLIC ${CMAKE_SOURCE_DIR}/core)
    target_link_libraries(robohub_${name} PUBLIC ${ARG_USES} ${ARG_LIBS} Threads::Threads PRIVATE robohub_warnings)
    target_precompile_headers(robohub_${name} PRIVATE ${ROBOHUB_PCH})
  else()
    add_library(robohub_${name} INTERFACE)
    target_include_directories(robohub_${name} INTERFACE ${CMAKE_SOURCE_DIR}/core)
    target_link_libraries(robohub_${name} INTERFACE ${ARG_USES} ${ARG_LIBS} Threads::Threads)
  endif()
  file(GLOB mains CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/core/${name}/*_main.cpp)
  foreach(main ${mains})  # core/hub/robohub_main.cpp -> bin/robohub, plugin_host_main.cpp -> bin/robohub-plugin-host
    get_filename_component(program ${main} NAME_WE)
    string(REGEX REPLACE "_main$" "" program ${program})
    if(NOT program STREQUAL "robohub")
      set(program "robohub_${program}")
    endif()
    string(REPLACE "_" "-" program ${program})
    add_executable(${program} ${main})
    target_link_libraries(${program} PRIVATE robohub_${name} robohub_warnings)
    set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
  endforeach()
endfunction()

# robohub_time_limit(SECONDS tests...): how long each may take, on a plain build; with sanitizers all takes longer.
set(ROBOHUB_SLOWNESS 1)
if(ROBOHUB_SANITIZE)
  set(ROBOHUB_SLOWNESS 10)
endif()
function(robohub_time_limit seconds)
  math(EXPR seconds "${seconds} * ${ROBOHUB_SLOWNESS}")
  set_tests_properties(${ARGN} PROPERTIES TIMEOUT ${seconds})
endfunction()

# robohub_unit_tests(NAME LIBS targets...): the program unit_NAME from tests/unit/NAME/*.cpp, one CTest entry.
function(robohub_unit_tests name)
  cmake_parse_arguments(ARG "" "" "LIBS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${name}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(unit_${name} ${sources})
  target_link_libraries(unit_${name} PRIVATE ${ARG_LIBS} robohub_catch robohub_warnings)
  target_precompile_headers(unit_${name} PRIVATE ${ROBOHUB_PCH} <catch2/catch.hpp>)
  add_test(NAME unit_${name} COMMAND unit_${name})
  set_tests_properties(unit_${name} PROPERTIES LABELS unit)
  robohub_time_limit(120 unit_${name})
endfunction()
