/* What the programs of a build with sanitizers are told, in themselves and not by their environment: hub and agent
   start their children with an environment of their own. Every report goes to a file of its own below
   ROBOHUB_SANITIZER_REPORTS, for tests end programs by force and read what they print; script/test fails when there is
   one. ROBOHUB_SANITIZER_PROGRAM_ says which of three kinds of program it is. */

#define TO_FILES "log_path=" ROBOHUB_SANITIZER_REPORTS "/report"
#if defined(ROBOHUB_SANITIZER_PROGRAM_HOST)
/* Some drivers of the tests crash on purpose, and a host must end as it would without sanitizers. */
#define PROGRAM TO_FILES ":handle_segv=0:handle_abort=0:handle_sigbus=0:handle_sigill=0:handle_sigfpe=0"
#elif defined(ROBOHUB_SANITIZER_PROGRAM_WORKER)
/* Confined for good before it works: it opens no file, and nothing may look into it for leaks (unit_video looks for
   those of its code). What it finds goes to its standard error and fails its job. */
#define PROGRAM "detect_leaks=0"
#else
#define PROGRAM TO_FILES
#endif

#if defined(ROBOHUB_SANITIZE_ADDRESS)
const char* __asan_default_options(void) {
  return PROGRAM ":detect_stack_use_after_return=1:strict_string_checks=1:check_initialization_order=1";
}
const char* __ubsan_default_options(void) {
  return "print_stacktrace=1";
}
#endif

#if defined(ROBOHUB_SANITIZE_THREAD)
/* A host ends without waiting for its driver's threads. */
#if defined(ROBOHUB_SANITIZER_PROGRAM_HOST)
#define OF_THREADS ":report_thread_leaks=0"
#else
#define OF_THREADS ""
#endif
const char* __tsan_default_options(void) {
  /* Tests wait for programs to end, and bound how long that takes: no second of rest behind main(). */
  return PROGRAM OF_THREADS ":second_deadlock_stack=1:atexit_sleep_ms=0";
}
/* Debian's MQTT library is built without ThreadSanitizer: which of its threads waits for which cannot be seen. */
const char* __tsan_default_suppressions(void) {
  return "race:libpaho-mqtt\nmutex:libpaho-mqtt\ndeadlock:libpaho-mqtt\n";
}
#endif
