/* Writes down what a process flushes and renames, in order, for tests: LD_PRELOAD it.
 * FLUSHES_LOG   file that gets "fsync PATH" or "rename FROM TO", one line each
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void note(const char *what, const char *path, const char *to)
{
    const char *log = getenv("FLUSHES_LOG");
    FILE *file = log ? fopen(log, "a") : NULL;
    if (file) {
        fprintf(file, "%s %s %s\n", what, path, to);
        fclose(file);
    }
}

static void note_open(const char *what, int descriptor)
{
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length > 0) {
        path[length] = 0;
        note(what, path, "");
    }
}

int fsync(int descriptor)
{
    int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
    note_open("fsync", descriptor);
    return real(descriptor);
}

int rename(const char *from, const char *to)
{
    int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
    int done = real(from, to);
    note("rename", from, to);
    return done;
}
