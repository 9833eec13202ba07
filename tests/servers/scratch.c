/* SPDX-License-Identifier: MIT */
#include "servers/scratch.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "servers/process.h"

/* A keeper without a command removes the folder. */
struct scratch {
	char folder[64];
	struct process *keeper;
};

int scratch_new(struct scratch **scratch)
{
	struct scratch *made = calloc(1, sizeof *made);
	if (!made)
		return -1;
	(void)snprintf(made->folder, sizeof made->folder,
		       "/tmp/sshoal-test-XXXXXX");
	if (!mkdtemp(made->folder)) {
		perror(made->folder);
		free(made);
		return -1;
	}
	const struct process_plan plan = { .remove_folder = made->folder };
	if (process_start(&made->keeper, &plan)) {
		(void)rmdir(made->folder);
		free(made);
		return -1;
	}
	*scratch = made;
	return 0;
}

const char *scratch_folder(const struct scratch *scratch)
{
	return scratch->folder;
}

void scratch_path(char out[SCRATCH_PATH_MAX], const struct scratch *scratch,
		  const char *name, ...)
{
	int n = snprintf(out, SCRATCH_PATH_MAX, "%s/", scratch->folder);
	va_list arguments;
	va_start(arguments, name);
	(void)vsnprintf(out + n, SCRATCH_PATH_MAX - (size_t)n, name, arguments);
	va_end(arguments);
}

int scratch_write(const char *path, mode_t mode, const char *text, ...)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0) {
		perror(path);
		return -1;
	}
	va_list arguments;
	va_start(arguments, text);
	int n = vdprintf(fd, text, arguments);
	va_end(arguments);
	int rc = n < 0 || fchmod(fd, mode) ? -1 : 0;
	return close(fd) ? -1 : rc;
}

char *scratch_read(const char *path)
{
	FILE *file = fopen(path, "re");
	if (!file)
		return NULL;
	char *text = NULL;
	size_t room = 0;
	/* No file of ours holds a NUL: this is all of it. */
	ssize_t n = getdelim(&text, &room, '\0', file);
	if (n < 0 && text)
		text[0] = '\0';
	(void)fclose(file);
	return text;
}

void scratch_free(struct scratch *scratch)
{
	if (!scratch)
		return;
	process_stop(scratch->keeper);
	free(scratch);
}
