/* Preloaded into a process: while the file named by SYNC_FAILS is there, a sync of the disk fails as a broken disk's does. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int fails(void) {
  const char *path = getenv("SYNC_FAILS");
  return path != NULL && access(path, F_OK) == 0;
}

#define FAILING(name)                                            \
  int name(int file) {                                           \
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, #name);    \
    if (fails()) {                                               \
      errno = EIO;                                               \
      return -1;                                                 \
    }                                                            \
    return real(file);                                           \
  }

FAILING(fsync)
FAILING(fdatasync)
