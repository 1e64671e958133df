/* Makes single calls of the operating system fail, for tests; loaded by LD_PRELOAD.

   Calls on paths below one folder, and on files opened there, are counted. The n-th fails: with an
   error number, after half of a write, or by the end of the process. All layers are met alike,
   Python's own and those of libraries. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { FAIL = 0, TEAR = 1, KILL = 2, TEAR_AND_KILL = 3 };

static char folder[4096];
static char watched[4096];
static int counting, calls, target, kind, error_number, torn = -1;
static char names[65536];

#define REAL(type, name, ...)                                  \
    static type (*real)(__VA_ARGS__);                          \
    if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

void faults_watch(const char *path) { strncpy(folder, path, sizeof folder - 1); }

/* Counts from now on; nth = 0 lets every call pass. */
void faults_arm(int nth, int how, int number) {
    target = nth, kind = how, error_number = number;
    calls = 0, torn = -1, names[0] = 0, counting = 1;
}

void faults_disarm(void) { counting = 0, torn = -1; }

int faults_calls(void) { return calls; }

const char *faults_names(void) { return names; }

static int below(const char *path) {
    return counting && folder[0] && path && !strncmp(path, folder, strlen(folder));
}

static int is_watched(int file) {
    return counting && file >= 0 && file < (int)sizeof watched && watched[file];
}

static void note(const char *name) {
    calls++;
    if (strlen(names) + strlen(name) + 2 < sizeof names) strcat(strcat(names, name), " ");
}

/* Returns true if this call shall fail; errno is set then. */
static int fails(const char *name) {
    note(name);
    if (calls != target) return 0;
    if (kind >= KILL) kill(getpid(), SIGKILL);
    errno = error_number;
    return 1;
}

static int opened(int file, const char *path) {
    if (file >= 0 && file < (int)sizeof watched)
        watched[file] = folder[0] && path && !strncmp(path, folder, strlen(folder));
    return file;
}

#define OPEN(name)                                             \
    int name(const char *path, int flags, ...) {               \
        REAL(int, #name, const char *, int, ...);              \
        va_list rest;                                          \
        va_start(rest, flags);                                 \
        mode_t mode = va_arg(rest, mode_t);                    \
        va_end(rest);                                          \
        if (below(path) && fails("open")) return -1;           \
        return opened(real(path, flags, mode), path);          \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                           \
    int name(int at, const char *path, int flags, ...) {       \
        REAL(int, #name, int, const char *, int, ...);         \
        va_list rest;                                          \
        va_start(rest, flags);                                 \
        mode_t mode = va_arg(rest, mode_t);                    \
        va_end(rest);                                          \
        if (below(path) && fails("open")) return -1;           \
        return opened(real(at, path, flags, mode), path);      \
    }
OPENAT(openat)
OPENAT(openat64)

ssize_t write(int file, const void *content, size_t size) {
    REAL(ssize_t, "write", int, const void *, size_t);
    if (!is_watched(file)) return real(file, content, size);
    if (torn == file) return torn = -1, errno = error_number, -1;
    note("write");
    if (calls != target) return real(file, content, size);
    if (kind == TEAR || kind == TEAR_AND_KILL) {
        ssize_t written = real(file, content, size / 2);
        if (kind == TEAR_AND_KILL) kill(getpid(), SIGKILL);
        torn = file;  /* the rest of it finds no room */
        return written;
    }
    if (kind == KILL) kill(getpid(), SIGKILL);
    errno = error_number;
    return -1;
}

int close(int file) {
    REAL(int, "close", int);
    int known = is_watched(file);
    if (file >= 0 && file < (int)sizeof watched) watched[file] = 0;
    if (!known) return real(file);
    if (fails("close")) {
        int number = errno;
        real(file);  /* Linux frees the number whatever it says */
        errno = number;
        return -1;
    }
    return real(file);
}

#define ON_FILE(type, name, told, call, ...)                   \
    type name(int file, ##__VA_ARGS__) {                       \
        REAL(type, #name, int, ##__VA_ARGS__);                 \
        if (is_watched(file) && fails(told)) return -1;        \
        return real call;                                      \
    }
ON_FILE(int, fsync, "fsync", (file))
ON_FILE(int, fdatasync, "fsync", (file))

int ftruncate64(int file, off64_t size) {
    REAL(int, "ftruncate64", int, off64_t);
    if (is_watched(file) && fails("truncate")) return -1;
    return real(file, size);
}

int ftruncate(int file, off_t size) {
    REAL(int, "ftruncate", int, off_t);
    if (is_watched(file) && fails("truncate")) return -1;
    return real(file, size);
}

off64_t lseek64(int file, off64_t offset, int from) {
    REAL(off64_t, "lseek64", int, off64_t, int);
    if (is_watched(file) && fails("seek")) return -1;
    return real(file, offset, from);
}

int rename(const char *from, const char *to) {
    REAL(int, "rename", const char *, const char *);
    if (below(to) && fails("rename")) return -1;
    return real(from, to);
}

int renameat(int old, const char *from, int new, const char *to) {
    REAL(int, "renameat", int, const char *, int, const char *);
    if (below(to) && fails("rename")) return -1;
    return real(old, from, new, to);
}

int link(const char *from, const char *to) {
    REAL(int, "link", const char *, const char *);
    if (below(to) && fails("link")) return -1;
    return real(from, to);
}

#define ON_PATH(name, told, parameters, call, ...)             \
    int name parameters {                                      \
        REAL(int, #name, __VA_ARGS__);                         \
        if (below(path) && fails(told)) return -1;             \
        return real call;                                      \
    }
ON_PATH(unlink, "unlink", (const char *path), (path), const char *)
ON_PATH(unlinkat, "unlink", (int at, const char *path, int flags), (at, path, flags), int, const char *, int)
ON_PATH(mkdir, "mkdir", (const char *path, mode_t mode), (path, mode), const char *, mode_t)
ON_PATH(mkdirat, "mkdir", (int at, const char *path, mode_t mode), (at, path, mode), int, const char *, mode_t)
ON_PATH(chmod, "chmod", (const char *path, mode_t mode), (path, mode), const char *, mode_t)
ON_PATH(fchmodat, "chmod", (int at, const char *path, mode_t mode, int flags), (at, path, mode, flags), int, const char *, mode_t, int)
ON_PATH(stat64, "stat", (const char *path, struct stat64 *to), (path, to), const char *, struct stat64 *)
ON_PATH(lstat64, "stat", (const char *path, struct stat64 *to), (path, to), const char *, struct stat64 *)
ON_PATH(fstatat64, "stat", (int at, const char *path, struct stat64 *to, int flags), (at, path, to, flags), int, const char *, struct stat64 *, int)
