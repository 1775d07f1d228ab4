/* A disk that fails, for a process below which it is preloaded.

   Opening (FAULT_CALL=open) or reading (FAULT_CALL=read) a file whose path contains FAULT_PATH fails with FAULT_ERRNO
   once the file was opened FAULT_FROM times, in processes whose command line contains FAULT_PROCESS and in no other. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int opened, active, code, from;
static const char *part, *call;

__attribute__((constructor)) static void begin(void) {
  char line[4096] = {0};
  const char *wanted = getenv("FAULT_PROCESS");
  part = getenv("FAULT_PATH");
  call = getenv("FAULT_CALL");
  if (!wanted || !part || !call || !getenv("FAULT_ERRNO") || !getenv("FAULT_FROM")) return;
  code = atoi(getenv("FAULT_ERRNO"));
  from = atoi(getenv("FAULT_FROM"));
  FILE *file = fopen("/proc/self/cmdline", "r");
  size_t size = file ? fread(line, 1, sizeof line - 1, file) : 0;
  if (file) fclose(file);
  for (size_t i = 0; i < size; i++) if (!line[i]) line[i] = ' ';
  active = strstr(line, wanted) != NULL;
}

static int fails(const char *path) {
  if (!active || !path || !strstr(path, part)) return 0;
  opened++;
  return opened >= from && !strcmp(call, "open");
}

#define OPEN(name)                                                                                                     \
  int name(const char *path, int flags, ...) {                                                                         \
    static int (*real)(const char *, int, ...);                                                                        \
    if (!real) real = dlsym(RTLD_NEXT, #name);                                                                         \
    va_list more;                                                                                                      \
    va_start(more, flags);                                                                                             \
    mode_t mode = va_arg(more, int);                                                                                   \
    va_end(more);                                                                                                      \
    if (fails(path)) { errno = code; return -1; }                                                                      \
    return real(path, flags, mode);                                                                                    \
  }
OPEN(open)
OPEN(open64)

ssize_t read(int file, void *to, size_t size) {
  static ssize_t (*real)(int, void *, size_t);
  if (!real) real = dlsym(RTLD_NEXT, "read");
  if (active && !strcmp(call, "read") && opened >= from) {
    char link[64], path[PATH_MAX] = {0};
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    if (readlink(link, path, sizeof path - 1) > 0 && strstr(path, part)) { errno = code; return -1; }
  }
  return real(file, to, size);
}
