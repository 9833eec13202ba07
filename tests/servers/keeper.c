/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * sshoal_keeper [-r FOLDER] [-u USER] [COMMAND [ARG...]]
 *
 * Keeps a command until its standard input ends, that is until whoever
 * started the keeper closes a pipe or dies, however it dies. Then it ends the
 * command and every process that came of it, by process id, and removes the
 * folder and the user. Its descriptor 3 is closed when all of that is done.
 *
 * Without a command it leaves its parent at once, so that nothing that ends a
 * test together with its children, as ctest(1) does when a test takes too
 * long, keeps it from removing things.
 */

extern char **environ;

struct keeper {
	const char *folder;
	const char *user;
	char **command;
	pid_t child;
	int signals;
};

static int run(const char *const *arguments)
{
	pid_t pid = -1;
	int status = 0;
	if (posix_spawn(&pid, arguments[0], NULL, NULL,
			(char *const *)arguments, environ))
		return -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

/* The parent of a process, 0 for one that is gone. */
static pid_t parent_of(pid_t pid)
{
	char path[64], line[512];
	(void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	FILE *file = fopen(path, "re");
	if (!file)
		return 0;
	size_t n = fread(line, 1, sizeof line - 1, file);
	(void)fclose(file);
	line[n] = '\0';
	/* The name in brackets may hold anything: look for its end. */
	const char *after = strrchr(line, ')');
	int parent = 0;
	char state = 0;
	if (!after || sscanf(after + 1, " %c %d", &state, &parent) != 2)
		return 0;
	return state == 'Z' ? 0 : (pid_t)parent;
}

static bool is_ours(pid_t pid)
{
	pid_t self = getpid();
	for (int depth = 0; pid > 1 && depth < 64; depth++) {
		pid = parent_of(pid);
		if (pid == self)
			return true;
	}
	return false;
}

/* One signal to every process below us; how many there were. */
static size_t signal_all(int number)
{
	size_t count = 0;
	DIR *processes = opendir("/proc");
	if (!processes)
		return 0;
	for (;;) {
		const struct dirent *entry = readdir(processes);
		if (!entry)
			break;
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		if (!is_ours(pid))
			continue;
		count++;
		(void)kill(pid, number);
	}
	(void)closedir(processes);
	return count;
}

static void end_all(void)
{
	while (signal_all(SIGKILL) > 0)
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	for (;;) {
		pid_t pid = waitpid(-1, NULL, 0);
		if (pid < 0 && errno != EINTR)
			return;
		/* What it left behind is ours since it was reaped. */
		(void)signal_all(SIGKILL);
	}
}

static void clean_up(const struct keeper *keeper)
{
	end_all();
	if (keeper->user) {
		const char *const arguments[] = { "/usr/bin/flock",
						  "-w",
						  "60",
						  "/run/lock/sshoal-accounts",
						  "/usr/sbin/userdel",
						  "-f",
						  keeper->user,
						  NULL };
		(void)run(arguments);
	}
	if (keeper->folder) {
		const char *const arguments[] = { "/bin/rm", "-rf", "--",
						  keeper->folder, NULL };
		(void)run(arguments);
	}
}

/* The command gets no standard input and every signal. */
static int start_command(struct keeper *keeper)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	(void)sigemptyset(&none);
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null",
					       O_RDONLY, 0);
	(void)posix_spawnattr_init(&attributes);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	int rc = posix_spawnp(&keeper->child, keeper->command[0], &actions,
			      &attributes, keeper->command, environ);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	if (rc)
		(void)dprintf(2, "keeper: %s: %s\n", keeper->command[0],
			      strerror(rc));
	return rc ? -1 : 0;
}

/* True once the command itself has ended. */
static bool reap(const struct keeper *keeper)
{
	bool ended = false;
	struct signalfd_siginfo info;
	(void)!read(keeper->signals, &info, sizeof info);
	for (;;) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);
		if (pid <= 0)
			return ended;
		ended = ended || pid == keeper->child;
	}
}

/* Until standard input or the command ends. */
static void keep(const struct keeper *keeper)
{
	struct pollfd fds[] = { { .fd = 0, .events = POLLIN },
				{ .fd = keeper->signals, .events = POLLIN } };
	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return;
		char byte;
		if (fds[0].revents && read(0, &byte, 1) <= 0)
			return;
		if (fds[1].revents && reap(keeper))
			return;
	}
}

static int prepare(struct keeper *keeper)
{
	sigset_t all;
	(void)sigfillset(&all);
	if (sigprocmask(SIG_BLOCK, &all, NULL) ||
	    prctl(PR_SET_CHILD_SUBREAPER, 1) || fcntl(3, F_SETFD, FD_CLOEXEC))
		return -1;
	sigset_t children;
	(void)sigemptyset(&children);
	(void)sigaddset(&children, SIGCHLD);
	keeper->signals = signalfd(-1, &children, SFD_CLOEXEC);
	return keeper->signals < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct keeper keeper = { .child = -1 };
	for (;;) {
		int option = getopt(argc, argv, "+r:u:");
		if (option < 0)
			break;
		if (option == 'r')
			keeper.folder = optarg;
		else if (option == 'u')
			keeper.user = optarg;
		else
			return 2;
	}
	keeper.command = argv + optind;
	if (optind == argc) {
		pid_t pid = fork();
		if (pid != 0)
			_exit(pid < 0);
	}
	/* An interrupt of the test is not ours. */
	(void)setsid();
	if (prepare(&keeper) == 0 &&
	    (optind == argc || start_command(&keeper) == 0))
		keep(&keeper);
	clean_up(&keeper);
	return 0;
}
