# What is installed where, and the Debian package (script/package). Settings and state have their places in a Debian
# system; everything else is below /usr.
include(GNUInstallDirs)

# Replaces a text in the variable `name`, which holds that file. One that is not found there any more stops the build.
function(robohub_replace name file from into)
  string(FIND "${${name}}" "${from}" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "${file} has no \"${from}\" for the package to replace.")
  endif()
  string(REPLACE "${from}" "${into}" text "${${name}}")
  set(${name} "${text}" PARENT_SCOPE)
endfunction()

install(TARGETS robohub robohub-agent robohub-plugin-host robohub-media-worker RUNTIME DESTINATION bin)
# Each plugin as its host wants it: <id>/<version>/ with plugin.json, library and panel. Hosts refuse what group or others
# may write. Those of this build only: what else lies in its folder (an older version, somebody's own) is not ours to pack.
get_property(plugin_folders GLOBAL PROPERTY ROBOHUB_PLUGIN_FOLDERS)
list(FILTER plugin_folders INCLUDE REGEX "^${CMAKE_BINARY_DIR}/plugins/")
install(CODE "
  foreach(folder ${plugin_folders})
    cmake_path(GET folder PARENT_PATH parent)
    cmake_path(GET parent FILENAME id)
    set(to \${CMAKE_INSTALL_PREFIX}/lib/robohub/plugins/\${id})
    file(INSTALL \${folder} DESTINATION \${to}
      FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ
      DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
    if(CMAKE_INSTALL_DO_STRIP)
      file(GLOB libraries \$ENV{DESTDIR}\${to}/*/*.so)
      # The static symbols stay, so that what a driver says of its own fall has names.
      execute_process(COMMAND ${CMAKE_STRIP} --strip-debug \${libraries}
        COMMAND_ERROR_IS_FATAL ANY)
      # A manifest names its library by its SHA-256, so it is made again of what goes into the package.
      foreach(library \${libraries})
        cmake_path(GET library PARENT_PATH at)
        execute_process(COMMAND ${CMAKE_BINARY_DIR}/bin/robohub-plugin-manifest \${library} \${at}/plugin.json
          COMMAND_ERROR_IS_FATAL ANY)
        file(CHMOD \${at}/plugin.json PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
      endforeach()
    endif()
  endforeach()
")
install(DIRECTORY ${CMAKE_SOURCE_DIR}/web/dist/ DESTINATION share/robohub/web OPTIONAL)
# The agent's unit for further devices of a machine, robohub-agent@NAME: the same with places of each one's own.
function(robohub_further_agents to)
  set(unit config/systemd/robohub-agent.service)
  set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${unit})
  file(READ ${CMAKE_SOURCE_DIR}/${unit} text)
  robohub_replace(text ${unit} "Description=Robohub's agent," "Description=Robohub's agent of %i,")
  robohub_replace(text ${unit} "--now robohub-agent" "--now robohub-agent@NAME")
  robohub_replace(text ${unit} "/etc/robohub/agent.yaml" "/etc/robohub/agent-%i.yaml")
  robohub_replace(text ${unit} "/var/lib/robohub-agent" "/var/lib/robohub-agent-%i")
  robohub_replace(text ${unit} "StateDirectory=robohub-agent" "StateDirectory=robohub-agent-%i")
  robohub_replace(text ${unit} "/run/robohub-agent, of a copy /run/ and the copy's name:" "/run/robohub-agent-%i:")
  robohub_replace(text ${unit} "RuntimeDirectory=%N" "RuntimeDirectory=robohub-agent-%i")
  file(WRITE ${to} "${text}")
endfunction()
robohub_further_agents(${CMAKE_BINARY_DIR}/package/robohub-agent@.service)
install(FILES ${CMAKE_SOURCE_DIR}/config/systemd/robohub.service ${CMAKE_SOURCE_DIR}/config/systemd/robohub-agent.service
  ${CMAKE_BINARY_DIR}/package/robohub-agent@.service DESTINATION lib/systemd/system)
# Whom the hardware belongs to, where the system says nothing of it.
install(FILES ${CMAKE_SOURCE_DIR}/config/udev/00-robohub-agent.rules DESTINATION lib/udev/rules.d)
# The pages link to each other, to the settings and to what plugins say of themselves. A component of their own, so that a test can
# follow the links without the rest.
install(FILES ${CMAKE_SOURCE_DIR}/config/agent.yaml ${CMAKE_BINARY_DIR}/package/robohub.yaml
  DESTINATION share/doc/robohub/examples COMPONENT documents)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/config/mosquitto DESTINATION share/doc/robohub/examples COMPONENT documents)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs/ DESTINATION share/doc/robohub COMPONENT documents
  FILES_MATCHING PATTERN "*.md" PATTERN "images/*" PATTERN man EXCLUDE)
file(GLOB plugin_pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/plugins/*/README.md)
foreach(page ${plugin_pages})
  cmake_path(GET page PARENT_PATH folder)
  cmake_path(GET folder FILENAME id)
  install(FILES ${page} DESTINATION share/doc/robohub/plugins/${id} COMPONENT documents)
endforeach()
install(CODE "
  set(documents \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/share/doc/robohub)
  file(GLOB pages \${documents}/*.md \${documents}/plugins/*/README.md)
  foreach(page \${pages})
    file(READ \${page} text)
    string(REPLACE \"](../../docs/\" \"](../../\" text \"\${text}\")
    string(REPLACE \"](../plugins/\" \"](plugins/\" text \"\${text}\")
    string(REPLACE \"](../config/\" \"](examples/\" text \"\${text}\")
    file(WRITE \${page} \"\${text}\")
  endforeach()
" COMPONENT documents)
install(FILES ${CMAKE_SOURCE_DIR}/config/debian/copyright DESTINATION share/doc/robohub)
install(FILES ${CMAKE_SOURCE_DIR}/config/debian/lintian-overrides DESTINATION share/lintian/overrides RENAME robohub)

# The settings of a checkout with the places of a package and its documents.
function(robohub_packaged_settings to)
  file(READ ${CMAKE_SOURCE_DIR}/config/robohub.yaml text)
  foreach(pair "data: ../data=data: /var/lib/robohub" "web: ../web/dist=web: /usr/share/robohub/web"
      "- ../build/release/plugins=- /usr/lib/robohub/plugins" "docs/=/usr/share/doc/robohub/")
    string(REGEX MATCH "^(.*)=(.*)$" whole "${pair}")
    robohub_replace(text config/robohub.yaml "${CMAKE_MATCH_1}" "${CMAKE_MATCH_2}")
  endforeach()
  file(CONFIGURE OUTPUT ${to} CONTENT "${text}" @ONLY)
endfunction()
set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/config/robohub.yaml)
robohub_packaged_settings(${CMAKE_BINARY_DIR}/package/robohub.yaml)
install(FILES ${CMAKE_BINARY_DIR}/package/robohub.yaml DESTINATION /etc/robohub)

# What the program says about itself: manual pages and completion, made when they are packed.
install(CODE "
  set(folder ${CMAKE_BINARY_DIR}/package)
  file(MAKE_DIRECTORY \${folder})
  execute_process(COMMAND ${CMAKE_BINARY_DIR}/bin/robohub --man OUTPUT_FILE \${folder}/robohub.1 COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${CMAKE_BINARY_DIR}/bin/robohub --completion bash OUTPUT_FILE \${folder}/robohub
    COMMAND_ERROR_IS_FATAL ANY)
  file(COPY ${CMAKE_SOURCE_DIR}/docs/man/robohub-agent.1 ${CMAKE_SOURCE_DIR}/docs/man/robohub-plugin-host.1
    ${CMAKE_SOURCE_DIR}/docs/man/robohub-media-worker.1
    ${CMAKE_SOURCE_DIR}/CHANGELOG.md ${CMAKE_SOURCE_DIR}/config/debian/changelog DESTINATION \${folder})
  foreach(file robohub.1 robohub-agent.1 robohub-plugin-host.1 robohub-media-worker.1 CHANGELOG.md changelog)
    execute_process(COMMAND gzip -9nf \${folder}/\${file} COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
")
install(FILES ${CMAKE_BINARY_DIR}/package/robohub.1.gz ${CMAKE_BINARY_DIR}/package/robohub-agent.1.gz
  ${CMAKE_BINARY_DIR}/package/robohub-plugin-host.1.gz ${CMAKE_BINARY_DIR}/package/robohub-media-worker.1.gz
  DESTINATION share/man/man1)
install(FILES ${CMAKE_BINARY_DIR}/package/robohub DESTINATION share/bash-completion/completions)
install(FILES ${CMAKE_BINARY_DIR}/package/changelog.gz ${CMAKE_BINARY_DIR}/package/CHANGELOG.md.gz
  DESTINATION share/doc/robohub)

# Packing builds nothing: script/package has built what goes in.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY TRUE)
set(CPACK_GENERATOR DEB)
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_NAME robohub)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The Robohub authors <robohub@users.noreply.github.com>")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, init-system-helpers (>= 1.54), procps")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "hub through which people watch and drive robots")
set(CPACK_PACKAGE_DESCRIPTION "Devices of any kind connect to the hub; people watch them and drive them,
one at a time, in turn, in a browser. Device types come as plugins.

The package has the hub (robohub), the agent that runs beside the hardware
(robohub-agent), the web page and the plugins that come with them.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/config/debian/postinst
  ${CMAKE_SOURCE_DIR}/config/debian/prerm ${CMAKE_SOURCE_DIR}/config/debian/postrm
  ${CMAKE_SOURCE_DIR}/config/debian/conffiles)
include(CPack)
