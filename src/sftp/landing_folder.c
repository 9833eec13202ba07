/* SPDX-License-Identifier: MIT */
#include "sftp/landing_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "sftp/landing_name.h"

/*
 * Directories of a landing. Only the first of a tree is opened by a path, which
 * may hold links, so that one stays open; the others are opened below the one
 * above them, by one name that is no link, and closed when others were used
 * since.
 */

#define OPEN_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

static struct landing_folder *new_folder(const char *name, size_t name_size)
{
	struct landing_folder *folder = malloc(sizeof *folder + name_size);
	if (!folder)
		return NULL;
	*folder = (struct landing_folder){
		.references = 1,
		.fd = -1,
		.path_size = name_size,
		.name_size = name_size,
	};
	memcpy(folder->name, name, name_size);
	return folder;
}

/* The folder has taken a place among those that are open, which the one that
 * was not used longest gives up. */
static void note_use(struct landing_folder *folder)
{
	struct landing_folder **open = folder->tree->open;
	size_t i = 0;
	if (!folder->parent)
		return;
	while (i < LANDING_OPEN_MAX - 1 && open[i] && open[i] != folder)
		i++;
	if (open[i] && open[i] != folder) {
		(void)close(open[i]->fd);
		open[i]->fd = -1;
	}
	memmove(open + 1, open, i * sizeof *open);
	open[0] = folder;
}

static void close_folder(struct landing_folder *folder)
{
	struct landing_folder **open = folder->tree->open;
	if (folder->fd >= 0)
		(void)close(folder->fd);
	for (size_t i = 0; i < LANDING_OPEN_MAX; i++) {
		if (open[i] != folder)
			continue;
		memmove(open + i, open + i + 1,
			(LANDING_OPEN_MAX - 1 - i) * sizeof *open);
		open[LANDING_OPEN_MAX - 1] = NULL;
		return;
	}
}

/* The folder is open again, if this is it. */
static bool resume_use(struct landing_folder *folder, int fd)
{
	struct stat status;
	if (fstat(fd, &status) != 0 || status.st_dev != folder->device ||
	    status.st_ino != folder->inode) {
		(void)close(fd);
		return false;
	}
	folder->fd = fd;
	note_use(folder);
	return true;
}

/* Opens again what was opened before. */
static int reopen(struct landing_folder *folder, sshoal_error *error)
{
	char name[LANDING_NAME_MAX + 1];
	memcpy(name, folder->name, folder->name_size);
	name[folder->name_size] = '\0';
	int fd = openat(folder->parent->fd, name, OPEN_FLAGS | O_NOFOLLOW);
	if (fd < 0 && errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
		return sshoal__landing_fail(folder, NULL, errno, error);
	if (fd >= 0 && resume_use(folder, fd))
		return 0;
	return sshoal__landing_tell(
		folder, NULL, SSHOAL_ECHANGED,
		"somebody has removed or replaced this directory", error);
}

/* Whoever comes back from a directory uses the one above it. In a deep tree
 * that is one step from here, and many from the first one. */
static void reopen_parent(const struct landing_folder *folder)
{
	struct landing_folder *parent = folder->parent;
	if (folder->fd < 0 || !parent || !parent->parent || parent->fd >= 0 ||
	    parent->references == 1)
		return;
	int fd = openat(folder->fd, "..", OPEN_FLAGS);
	if (fd >= 0)
		(void)resume_use(parent, fd);
}

int sshoal__landing_use(struct landing_folder *folder, int *fd,
			sshoal_error *error)
{
	struct landing_folder *at = folder;
	while (at->fd < 0) {
		at->parent->below = at;
		at = at->parent;
	}
	while (at != folder) {
		at = at->below;
		int rc = reopen(at, error);
		if (rc)
			return rc;
	}
	note_use(folder);
	*fd = folder->fd;
	return 0;
}

/* What mkdir(2) says of every directory of a path that is missing. 0 or an
 * errno. */
static int make_path(char *path)
{
	for (char *at = path; *at != '\0'; at++) {
		if (at[0] == '/' || (at[1] != '/' && at[1] != '\0'))
			continue;
		char after = at[1];
		struct stat status;
		at[1] = '\0';
		int number = mkdir(path, 0777) == 0 ? 0 : errno;
		/* Not only EEXIST says that it is there: a file system that is
		 * read-only may say that first. */
		if (number && stat(path, &status) == 0)
			number = 0;
		at[1] = after;
		if (number)
			return number;
	}
	return 0;
}

/* *fd is the directory of that path. 0 or an errno. */
static int open_path(const char *path, bool make, int *fd)
{
	*fd = open(path, OPEN_FLAGS);
	if (*fd >= 0)
		return 0;
	if (errno != ENOENT || !make)
		return errno;
	size_t n = strlen(path) + 1;
	char *copy = malloc(n);
	if (!copy)
		return ENOMEM;
	memcpy(copy, path, n);
	int number = make_path(copy);
	free(copy);
	if (number)
		return number;
	*fd = open(path, OPEN_FLAGS);
	return *fd >= 0 ? 0 : errno;
}

static int fail_path(const char *path, int number, sshoal_error *error)
{
	int code = number == ENOTDIR ? SSHOAL_EIO :
				       sshoal__error_from_errno(number);
	return sshoal__error_set(error, code, "%s: %s", path, strerror(number));
}

/* The first of a tree, not yet opened. */
static struct landing_folder *new_tree(const char *path)
{
	size_t n = strlen(path);
	while (n > 0 && path[n - 1] == '/')
		n--;
	struct landing_tree *tree = calloc(1, sizeof *tree);
	struct landing_folder *folder = new_folder(path, n);
	if (!tree || !folder || sshoal__landing_reserve(tree, n) != 0) {
		free(folder);
		free(tree);
		return NULL;
	}
	folder->tree = tree;
	return folder;
}

int sshoal__landing_open(struct landing_folder **folder, const char *path,
			 bool make, sshoal_error *error)
{
	struct landing_folder *opened = new_tree(path);
	if (!opened)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	int number = open_path(path, make, &opened->fd);
	if (number) {
		sshoal__landing_leave(opened);
		return fail_path(path, number, error);
	}
	*folder = opened;
	return 0;
}

/* *fd is the directory of that name. 0 or an errno. */
static int open_below(int above, const char *name, bool *made, int *fd)
{
	*fd = openat(above, name, OPEN_FLAGS | O_NOFOLLOW);
	if (*fd >= 0)
		return 0;
	if (errno != ENOENT)
		return errno;
	if (mkdirat(above, name, 0700) == 0)
		*made = true;
	else if (errno != EEXIST)
		return errno;
	*fd = openat(above, name, OPEN_FLAGS | O_NOFOLLOW);
	return *fd >= 0 ? 0 : errno;
}

static int fail_below(const struct landing_folder *parent, const char *name,
		      int number, sshoal_error *error)
{
	if (number == ENOTDIR || number == ELOOP)
		return sshoal__landing_tell(parent, name, SSHOAL_EEXIST,
					    "it exists and is no directory",
					    error);
	return sshoal__landing_fail(parent, name, number, error);
}

int sshoal__landing_enter(struct landing_folder **folder,
			  struct landing_folder *parent, const char *name,
			  bool *made, sshoal_error *error)
{
	int above = -1;
	int rc = sshoal__landing_check_string(name, error);
	if (rc == 0)
		rc = sshoal__landing_use(parent, &above, error);
	if (rc)
		return rc;
	size_t n = strlen(name);
	struct landing_folder *entered = new_folder(name, n);
	if (!entered || sshoal__landing_reserve(
				parent->tree, parent->path_size + 1 + n) != 0) {
		free(entered);
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	}
	bool is_made = false;
	int fd = -1;
	struct stat status;
	int number = open_below(above, name, &is_made, &fd);
	if (number == 0 && fstat(fd, &status) != 0)
		number = errno;
	if (number) {
		if (fd >= 0)
			(void)close(fd);
		free(entered);
		return fail_below(parent, name, number, error);
	}
	entered->parent = sshoal__landing_ref(parent);
	entered->tree = parent->tree;
	entered->device = status.st_dev;
	entered->inode = status.st_ino;
	entered->fd = fd;
	entered->is_unsynced = is_made;
	entered->path_size = parent->path_size + 1 + n;
	note_use(entered);
	*folder = entered;
	*made = is_made;
	return 0;
}

struct landing_folder *sshoal__landing_ref(struct landing_folder *folder)
{
	folder->references++;
	return folder;
}

/* Some file systems cannot have a directory on the disk; there is nothing to be
 * done about those. */
static int sync_names(struct landing_folder *folder, sshoal_error *error)
{
	int fd = -1;
	int rc = sshoal__landing_use(folder, &fd, error);
	if (rc)
		return rc;
	int number = 0;
	do
		number = fsync(fd) == 0 ? 0 : errno;
	while (number == EINTR);
	if (number == 0 || number == EINVAL || number == ENOSYS ||
	    number == EOPNOTSUPP)
		return 0;
	return sshoal__landing_fail(folder, NULL, number, error);
}

int sshoal__landing_sync(struct landing_folder *folder, sshoal_error *error)
{
	int rc = sync_names(folder, error);
	for (; rc == 0 && folder->is_unsynced; folder = folder->parent) {
		rc = sync_names(folder->parent, error);
		folder->is_unsynced = rc != 0;
	}
	return rc;
}

void sshoal__landing_leave(struct landing_folder *folder)
{
	while (folder && --folder->references == 0) {
		struct landing_folder *parent = folder->parent;
		reopen_parent(folder);
		close_folder(folder);
		if (!parent) {
			free(folder->tree->text);
			free(folder->tree);
		}
		free(folder);
		folder = parent;
	}
}
