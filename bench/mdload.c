/* mdload DIR PROCESSES FILES [COLD]: how many metadata operations a second a file system does.
 *
 * Phases, each begun by all processes together and measured until the last one is done:
 *   create    FILES empty files for each process in a directory of its own: open(O_CREAT|O_EXCL) and close
 *   stat      of each of them; the client's dentries and inodes are dropped first when COLD is 1 (needs root)
 *   remove    of each of them
 *   small     FILES files of 3,901 bytes for each process, all in one shared directory: open, write, close
 *   openread  open, read and close of each of them; cold as above, and after each process took over its neighbour's files
 *   unlink    of each of them
 * Prints "phase<TAB>operations a second" for each. Exit code 1 when an operation failed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SMALL = 3901, PHASES = 6 };
static const char *phases[PHASES] = { "create", "stat", "remove", "small", "openread", "unlink" };
static char content[SMALL];

static void fail(const char *what) { fprintf(stderr, "mdload: %s: %s\n", what, strerror(errno)); exit(1); }

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void drop_caches(void)
{
    sync();
    int f = open("/proc/sys/vm/drop_caches", O_WRONLY);
    if (f < 0 || write(f, "2", 1) != 1) fprintf(stderr, "mdload: caches were not dropped\n");
    if (f >= 0) close(f);
}

static void one(int phase, const char *path)
{
    struct stat st;
    char buffer[2 * SMALL];
    int f;
    switch (phase) {
    case 0:
        if ((f = open(path, O_CREAT | O_EXCL | O_WRONLY, 0644)) < 0 || close(f)) fail(path);
        break;
    case 1:
        if (stat(path, &st)) fail(path);
        break;
    case 3:
        if ((f = open(path, O_CREAT | O_EXCL | O_WRONLY, 0644)) < 0 || write(f, content, SMALL) != SMALL || close(f)) fail(path);
        break;
    case 4:
        if ((f = open(path, O_RDONLY)) < 0 || read(f, buffer, sizeof buffer) != SMALL || close(f)) fail(path);
        break;
    default:
        if (unlink(path)) fail(path);
    }
}

static void work(int phase, const char *dir, int me, int processes, long files)
{
    char path[4096];
    int owner = phase == 4 ? (me + 1) % processes : me;
    for (long i = 0; i < files; i++) {
        if (phase < 3) snprintf(path, sizeof path, "%s/p%d/file.%ld", dir, owner, i);
        else snprintf(path, sizeof path, "%s/shared/file.%d.%ld", dir, owner, i);
        one(phase, path);
    }
}

int main(int argc, char **argv)
{
    if (argc < 4) { fprintf(stderr, "mdload DIR PROCESSES FILES [COLD]\n"); return 2; }
    const char *dir = argv[1];
    int processes = atoi(argv[2]), cold = argc > 4 && atoi(argv[4]), bad = 0;
    long files = atol(argv[3]);
    char path[4096];
    snprintf(path, sizeof path, "%s/shared", dir);
    if (mkdir(path, 0755)) fail(path);
    for (int p = 0; p < processes; p++) {
        snprintf(path, sizeof path, "%s/p%d", dir, p);
        if (mkdir(path, 0755)) fail(path);
    }
    memset(content, 'x', sizeof content);
    for (int phase = 0; phase < PHASES; phase++) {
        int gate[2];
        double start;
        if (cold && (phase == 1 || phase == 4)) drop_caches();
        if (pipe(gate)) fail("pipe");
        for (int p = 0; p < processes; p++) {
            if (fork() == 0) {
                char c;
                close(gate[1]);
                if (read(gate[0], &c, 1) < 0) fail("read");   /* returns when the parent closes its end */
                work(phase, dir, p, processes, files);
                _exit(0);
            }
        }
        close(gate[0]);
        usleep(50000);                                          /* until the children wait at the gate */
        start = now();
        close(gate[1]);
        for (int p = 0, status; p < processes; p++) {
            wait(&status);
            bad |= status != 0;
        }
        printf("%s\t%.0f\n", phases[phase], processes * files / (now() - start));
        fflush(stdout);
        if (bad) return 1;
    }
    for (int p = 0; p < processes; p++) {
        snprintf(path, sizeof path, "%s/p%d", dir, p);
        rmdir(path);
    }
    snprintf(path, sizeof path, "%s/shared", dir);
    rmdir(path);
    return 0;
}
