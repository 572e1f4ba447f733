/* An ordinary disk: every flush takes 5 ms longer. For LD_PRELOAD; built by slow-flush.ts. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>

#define DELAY_US 5000

typedef int (*flush)(int);

static int slowly(const char *name, int fd) {
  flush real = (flush)dlsym(RTLD_NEXT, name);
  usleep(DELAY_US);
  return real(fd);
}

int fdatasync(int fd) { return slowly("fdatasync", fd); }

int fsync(int fd) { return slowly("fsync", fd); }
