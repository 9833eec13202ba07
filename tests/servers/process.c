/* SPDX-License-Identifier: MIT */
#include "servers/process.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * The program's standard output and error are one pipe; a thread reads it to
 * its end, which comes when the last process that holds it is gone.
 */

/* The most that is kept of what a program says. */
#define LOG_MAX ((size_t)32 * 1024 * 1024)

extern char **environ;

struct process {
	pthread_t reader;
	pthread_mutex_t lock;
	pthread_cond_t said; /* lock protects what follows */
	char *log;           /* NUL-terminated */
	size_t log_size;
	bool ended;
	pid_t keeper; /* -1: not our child */
	int output;   /* the reader's */
	int control;  /* closing it ends the keeper */
	int done;     /* ends when the keeper does */
};

static void log_append(struct process *process, const char *bytes, size_t n)
{
	(void)pthread_mutex_lock(&process->lock);
	if (process->log_size + n < LOG_MAX) {
		char *log = realloc(process->log, process->log_size + n + 1);
		if (log) {
			memcpy(log + process->log_size, bytes, n);
			process->log = log;
			process->log_size += n;
			log[process->log_size] = '\0';
		}
	}
	(void)pthread_cond_broadcast(&process->said);
	(void)pthread_mutex_unlock(&process->lock);
}

static void *read_log(void *argument)
{
	struct process *process = argument;
	char bytes[4096];
	for (;;) {
		ssize_t n = read(process->output, bytes, sizeof bytes);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		log_append(process, bytes, (size_t)n);
	}
	(void)pthread_mutex_lock(&process->lock);
	process->ended = true;
	(void)pthread_cond_broadcast(&process->said);
	(void)pthread_mutex_unlock(&process->lock);
	return NULL;
}

/* Ours with others in front, where getenv(3) finds them first. */
static const char **join_environment(const char *const *added)
{
	size_t more = 0, ours = 0;
	while (added && added[more])
		more++;
	while (environ[ours])
		ours++;
	const char **joined = calloc(more + ours + 1, sizeof *joined);
	if (!joined)
		return NULL;
	for (size_t i = 0; i < more; i++)
		joined[i] = added[i];
	for (size_t i = 0; i < ours; i++) {
		size_t name = strcspn(environ[i], "=") + 1;
		size_t k = 0;
		while (k < more && strncmp(joined[k], environ[i], name) != 0)
			k++;
		joined[more + i] = k < more ? joined[k] : environ[i];
	}
	return joined;
}

static pid_t spawn(const char *const *command, const char *const *added,
		   int input, int output, int done)
{
	const char **environment = join_environment(added);
	if (!environment)
		return -1;
	posix_spawn_file_actions_t actions;
	(void)posix_spawn_file_actions_init(&actions);
	if (input < 0)
		(void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null",
						       O_RDONLY, 0);
	else
		(void)posix_spawn_file_actions_adddup2(&actions, input, 0);
	(void)posix_spawn_file_actions_adddup2(&actions, output, 1);
	(void)posix_spawn_file_actions_adddup2(&actions, output, 2);
	if (done >= 0)
		(void)posix_spawn_file_actions_adddup2(&actions, done, 3);
	pid_t pid = -1;
	int rc = posix_spawnp(&pid, command[0], &actions, NULL,
			      (char *const *)command,
			      (char *const *)environment);
	(void)posix_spawn_file_actions_destroy(&actions);
	free(environment);
	if (rc)
		(void)fprintf(stderr, "%s: %s\n", command[0], strerror(rc));
	return rc ? -1 : pid;
}

static int wait_for(pid_t pid)
{
	int status = 0;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

/* The keeper's own arguments and the command's. */
static const char **keeper_command(const struct process_plan *plan)
{
	size_t count = 0, n = 0;
	while (plan->command && plan->command[count])
		count++;
	const char **command = calloc(count + 6, sizeof *command);
	if (!command)
		return NULL;
	command[n++] = KEEPER_PROGRAM;
	if (plan->remove_folder) {
		command[n++] = "-r";
		command[n++] = plan->remove_folder;
	}
	if (plan->remove_user) {
		command[n++] = "-u";
		command[n++] = plan->remove_user;
	}
	for (size_t i = 0; i < count; i++)
		command[n++] = plan->command[i];
	return command;
}

/* Pipes whose ends below 4 would be in the way of descriptors 0 to 3. */
static int high_pipe(int ends[2])
{
	int low[2];
	if (pipe2(low, O_CLOEXEC))
		return -1;
	ends[0] = fcntl(low[0], F_DUPFD_CLOEXEC, 10);
	ends[1] = fcntl(low[1], F_DUPFD_CLOEXEC, 10);
	(void)close(low[0]);
	(void)close(low[1]);
	return ends[0] < 0 || ends[1] < 0 ? -1 : 0;
}

static int start_keeper(struct process *process,
			const struct process_plan *plan)
{
	int control[2] = { -1, -1 }, output[2] = { -1, -1 };
	int done[2] = { -1, -1 };
	const char **command = keeper_command(plan);
	int rc = -1;
	if (command && high_pipe(control) == 0 && high_pipe(output) == 0 &&
	    high_pipe(done) == 0) {
		pid_t pid = spawn(command, plan->environment, control[0],
				  output[1], done[1]);
		rc = pid > 0 ? 0 : -1;
		if (plan->command)
			process->keeper = pid;
		else if (pid > 0)
			/* It leaves us at once. */
			rc = wait_for(pid);
	}
	free(command);
	process->control = control[1];
	process->output = output[0];
	process->done = done[0];
	if (control[0] >= 0)
		(void)close(control[0]);
	if (output[1] >= 0)
		(void)close(output[1]);
	if (done[1] >= 0)
		(void)close(done[1]);
	return rc;
}

static void close_pipes(struct process *process)
{
	if (process->control >= 0)
		(void)close(process->control);
	/* Nothing is ever written: this read ends with the keeper. */
	char byte;
	while (process->done >= 0 && read(process->done, &byte, 1) < 0 &&
	       errno == EINTR)
		;
	if (process->done >= 0)
		(void)close(process->done);
	if (process->keeper > 0)
		(void)wait_for(process->keeper);
}

int process_start(struct process **process, const struct process_plan *plan)
{
	struct process *made = calloc(1, sizeof *made);
	if (!made)
		return -1;
	(void)pthread_mutex_init(&made->lock, NULL);
	pthread_condattr_t monotonic;
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&made->said, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	made->keeper = -1;
	made->control = made->output = made->done = -1;
	if (start_keeper(made, plan) ||
	    pthread_create(&made->reader, NULL, read_log, made)) {
		(void)fprintf(stderr, "keeper: %s\n", strerror(errno));
		close_pipes(made);
		if (made->output >= 0)
			(void)close(made->output);
		free(made);
		return -1;
	}
	*process = made;
	return 0;
}

static size_t count_locked(const struct process *process, const char *text)
{
	size_t count = 0;
	const char *at = process->log ? strstr(process->log, text) : NULL;
	while (at) {
		count++;
		at = strstr(at + strlen(text), text);
	}
	return count;
}

static struct timespec after(int timeout_ms)
{
	struct timespec until;
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += timeout_ms / 1000;
	until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	return until;
}

bool process_wait(struct process *process, const char *text, size_t times,
		  int timeout_ms)
{
	struct timespec until = after(timeout_ms);
	(void)pthread_mutex_lock(&process->lock);
	bool said = count_locked(process, text) >= times;
	while (!said && !process->ended) {
		int rc = pthread_cond_timedwait(&process->said, &process->lock,
						&until);
		said = count_locked(process, text) >= times;
		if (rc == ETIMEDOUT)
			break;
	}
	(void)pthread_mutex_unlock(&process->lock);
	return said;
}

size_t process_count(struct process *process, const char *text)
{
	(void)pthread_mutex_lock(&process->lock);
	size_t count = count_locked(process, text);
	(void)pthread_mutex_unlock(&process->lock);
	return count;
}

char *process_log(struct process *process)
{
	(void)pthread_mutex_lock(&process->lock);
	char *copy = strdup(process->log ? process->log : "");
	(void)pthread_mutex_unlock(&process->lock);
	return copy;
}

void process_stop(struct process *process)
{
	if (!process)
		return;
	close_pipes(process);
	(void)pthread_join(process->reader, NULL);
	(void)close(process->output);
	(void)pthread_cond_destroy(&process->said);
	(void)pthread_mutex_destroy(&process->lock);
	free(process->log);
	free(process);
}

int process_run(const char *const *command, const char *const *environment)
{
	FILE *output = tmpfile();
	if (!output)
		return -1;
	pid_t pid = spawn(command, environment, -1, fileno(output), -1);
	int rc = pid > 0 ? wait_for(pid) : -1;
	if (rc) {
		char line[512];
		rewind(output);
		(void)fprintf(stderr, "%s failed:\n", command[0]);
		while (fgets(line, sizeof line, output))
			(void)fputs(line, stderr);
	}
	(void)fclose(output);
	return rc;
}
