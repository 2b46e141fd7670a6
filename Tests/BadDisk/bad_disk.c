#include "bad_disk.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

typedef ssize_t (*pwrite_call)(int, const void *, size_t, off_t);
typedef ssize_t (*write_call)(int, const void *, size_t);
typedef int (*ftruncate_call)(int, off_t);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int installed;
static char armed_folder[PATH_MAX];
static long remaining;
static int fails_forever;
static int failure;
static long failed;
static pwrite_call real_pwrite;
static pwrite_call real_pwrite64;
static write_call real_write;
static ftruncate_call real_ftruncate;

static int is_under(int fd) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strncmp(path, armed_folder, strlen(armed_folder)) == 0;
}

/// Whether this call is to fail; errno is set then.
static int must_fail(int fd) {
    int result = 0;
    pthread_mutex_lock(&lock);
    if (armed_folder[0] && is_under(fd)) {
        remaining -= 1;
        if (remaining == 0 || (remaining < 0 && fails_forever)) {
            failed += 1;
            result = failure;
        }
    }
    pthread_mutex_unlock(&lock);
    if (result) errno = result;
    return result;
}

static ssize_t bad_pwrite(int fd, const void *bytes, size_t count, off_t offset) {
    return must_fail(fd) ? -1 : real_pwrite(fd, bytes, count, offset);
}

static ssize_t bad_pwrite64(int fd, const void *bytes, size_t count, off_t offset) {
    return must_fail(fd) ? -1 : real_pwrite64(fd, bytes, count, offset);
}

static ssize_t bad_write(int fd, const void *bytes, size_t count) {
    return must_fail(fd) ? -1 : real_write(fd, bytes, count);
}

static int bad_ftruncate(int fd, off_t size) { return must_fail(fd) ? -1 : real_ftruncate(fd, size); }

static void replace(sqlite3_vfs *vfs, const char *name, sqlite3_syscall_ptr mine, sqlite3_syscall_ptr *real) {
    *real = vfs->xGetSystemCall(vfs, name);
    if (*real) vfs->xSetSystemCall(vfs, name, mine);
}

void bad_disk_arm(const char *folder, long nth, int forever, int error) {
    pthread_mutex_lock(&lock);
    if (!installed) {
        installed = 1;
        sqlite3_vfs *vfs = sqlite3_vfs_find("unix");
        replace(vfs, "pwrite", (sqlite3_syscall_ptr)bad_pwrite, (sqlite3_syscall_ptr *)&real_pwrite);
        replace(vfs, "pwrite64", (sqlite3_syscall_ptr)bad_pwrite64, (sqlite3_syscall_ptr *)&real_pwrite64);
        replace(vfs, "write", (sqlite3_syscall_ptr)bad_write, (sqlite3_syscall_ptr *)&real_write);
        replace(vfs, "ftruncate", (sqlite3_syscall_ptr)bad_ftruncate, (sqlite3_syscall_ptr *)&real_ftruncate);
    }
    snprintf(armed_folder, sizeof armed_folder, "%s", folder);
    remaining = nth;
    fails_forever = forever;
    failure = error;
    failed = 0;
    pthread_mutex_unlock(&lock);
}

long bad_disk_disarm(void) {
    pthread_mutex_lock(&lock);
    armed_folder[0] = 0;
    long count = failed;
    pthread_mutex_unlock(&lock);
    return count;
}
