/* SPDX-License-Identifier: MIT */
#include "sftp/manifest_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/long_path.h"

/*
 * One directory after the other is read in the order in which they were found,
 * which is the order they have in the manifest. Each is opened by its path: the
 * kernel goes along it faster than descriptors could be kept. That it is the
 * directory that was found is checked once it is open.
 */

struct list {
	struct manifest_entry *entries;
	size_t count;
	size_t capacity;
};

struct walk {
	struct manifest *manifest; /* its entries are the directories */
	size_t capacity;           /* of its entries */
	struct list others;
	char **names; /* of the directory that is being read */
	size_t name_count;
	size_t name_capacity;
	bool recursive;
	sshoal_error *error;
};

static int fail(const struct walk *walk, const struct manifest_entry *entry,
		int number)
{
	return sshoal__manifest_fail(walk->manifest, entry,
				     sshoal__error_from_errno(number),
				     strerror(number), walk->error);
}

static int refuse(const struct walk *walk, const struct manifest_entry *entry,
		  const char *why)
{
	return sshoal__manifest_fail(walk->manifest, entry, SSHOAL_EINVAL, why,
				     walk->error);
}

/* Room for one more of size bytes: the array, which may have moved, or NULL. */
static void *make_room(void *array, size_t count, size_t *capacity, size_t size)
{
	if (count < *capacity)
		return array;
	size_t larger = *capacity ? *capacity * 2 : 64;
	void *moved = reallocarray(array, larger, size);
	if (moved)
		*capacity = larger;
	return moved;
}

static int append(struct walk *walk, struct list *list,
		  const struct manifest_entry *entry)
{
	struct manifest_entry *room = make_room(list->entries, list->count,
						&list->capacity, sizeof *entry);
	if (!room)
		return fail(walk, entry, ENOMEM);
	list->entries = room;
	list->entries[list->count++] = *entry;
	return 0;
}

static bool contains_itself(const struct manifest *manifest,
			    const struct manifest_entry *entry)
{
	size_t above = entry->parent;
	while (above != MANIFEST_NO_PARENT) {
		const struct manifest_entry *at = &manifest->entries[above];
		if (at->inode == entry->inode && at->device == entry->device)
			return true;
		above = at->parent;
	}
	return false;
}

static int keep_directory(struct walk *walk, const struct manifest_entry *entry)
{
	struct manifest *manifest = walk->manifest;
	if (!walk->recursive)
		return refuse(walk, entry,
			      "it is a directory, which takes a recursive "
			      "transfer (-r)");
	struct manifest_entry *room =
		make_room(manifest->entries, manifest->count, &walk->capacity,
			  sizeof *entry);
	if (!room)
		return fail(walk, entry, ENOMEM);
	manifest->entries = room;
	manifest->entries[manifest->count++] = *entry;
	manifest->directories++;
	return 0;
}

static int keep_file(struct walk *walk, const struct manifest_entry *entry)
{
	struct manifest *manifest = walk->manifest;
	int rc = append(walk, &walk->others, entry);
	if (rc)
		return rc;
	manifest->files++;
	uint64_t room = UINT64_MAX - manifest->total_bytes;
	manifest->total_bytes +=
		entry->size_bytes < room ? entry->size_bytes : room;
	return 0;
}

static int keep_link(struct walk *walk, int folder,
		     struct manifest_entry *entry)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(folder, entry->name, target, sizeof target);
	if (n < 0)
		return fail(walk, entry, errno);
	if ((size_t)n == sizeof target)
		return fail(walk, entry, ENAMETOOLONG);
	entry->target =
		sshoal__store_text(&walk->manifest->texts, target, (size_t)n);
	if (!entry->target)
		return fail(walk, entry, ENOMEM);
	return append(walk, &walk->others, entry);
}

static int kind_of(mode_t mode)
{
	if (S_ISREG(mode))
		return SSHOAL_FILE_REGULAR;
	if (S_ISDIR(mode))
		return SSHOAL_FILE_DIRECTORY;
	return S_ISLNK(mode) ? SSHOAL_FILE_LINK : SSHOAL_FILE_OTHER;
}

static void fill(struct manifest_entry *entry, const struct stat *status)
{
	entry->kind = kind_of(status->st_mode);
	if (entry->kind == SSHOAL_FILE_REGULAR)
		entry->size_bytes = (uint64_t)status->st_size;
	entry->mtime = status->st_mtim;
	entry->ctime = status->st_ctim;
	entry->atime_s = status->st_atim.tv_sec;
	entry->device = status->st_dev;
	entry->inode = status->st_ino;
	entry->mode = status->st_mode;
	entry->uid = status->st_uid;
	entry->gid = status->st_gid;
	entry->links = (uint32_t)status->st_nlink;
}

static bool is_link(int folder, const char *name)
{
	struct stat status;
	return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISLNK(status.st_mode);
}

/* A name of an open directory. */
static int add_name(struct walk *walk, int folder, size_t parent,
		    const char *name)
{
	const struct manifest *manifest = walk->manifest;
	struct manifest_entry entry = {
		.name = name,
		.parent = parent,
		.source = manifest->entries[parent].source,
	};
	struct stat status;
	if (fstatat(folder, name, &status,
		    manifest->follow_links ? 0 : AT_SYMLINK_NOFOLLOW) != 0) {
		/* A link that leads nowhere is one file that fails. */
		entry.fault = errno;
		return manifest->follow_links && is_link(folder, name) ?
			       append(walk, &walk->others, &entry) :
			       fail(walk, &entry, entry.fault);
	}
	fill(&entry, &status);
	if (entry.kind == SSHOAL_FILE_DIRECTORY && manifest->follow_links &&
	    contains_itself(manifest, &entry)) {
		entry.kind = SSHOAL_FILE_UNKNOWN;
		entry.fault = ELOOP;
	}
	switch (entry.kind) {
	case SSHOAL_FILE_DIRECTORY:
		return keep_directory(walk, &entry);
	case SSHOAL_FILE_REGULAR:
		return keep_file(walk, &entry);
	case SSHOAL_FILE_LINK:
		return keep_link(walk, folder, &entry);
	default:
		return append(walk, &walk->others, &entry);
	}
}

static int add_source(struct walk *walk, size_t source)
{
	const struct manifest *manifest = walk->manifest;
	struct manifest_entry entry = {
		.name = manifest->bases[source],
		.parent = MANIFEST_NO_PARENT,
		.source = source,
	};
	struct stat status;
	int number = sshoal__long_path_status(&status,
					      manifest->sources[source], true);
	if (number)
		return fail(walk, &entry, number);
	fill(&entry, &status);
	if (entry.kind == SSHOAL_FILE_DIRECTORY)
		return keep_directory(walk, &entry);
	if (entry.kind == SSHOAL_FILE_REGULAR)
		return keep_file(walk, &entry);
	return refuse(walk, &entry, "it is neither a file nor a directory");
}

static int note_name(struct walk *walk, const struct manifest_entry *folder,
		     const char *name)
{
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	char **room = make_room(walk->names, walk->name_count,
				&walk->name_capacity, sizeof *room);
	if (!room)
		return fail(walk, folder, ENOMEM);
	walk->names = room;
	char *kept =
		sshoal__store_text(&walk->manifest->texts, name, strlen(name));
	if (!kept)
		return fail(walk, folder, ENOMEM);
	walk->names[walk->name_count++] = kept;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_names(struct walk *walk, const struct manifest_entry *folder,
		      DIR *names)
{
	walk->name_count = 0;
	for (;;) {
		errno = 0;
		const struct dirent *name = readdir(names);
		if (!name && errno)
			return fail(walk, folder, errno);
		if (!name)
			break;
		int rc = note_name(walk, folder, name->d_name);
		if (rc)
			return rc;
	}
	if (walk->name_count > 0)
		qsort(walk->names, walk->name_count, sizeof *walk->names,
		      compare);
	return 0;
}

/* What is open must be what was found: else it was replaced meanwhile. */
static int check_folder(const struct walk *walk,
			const struct manifest_entry *entry, int fd)
{
	struct stat status;
	if (fstat(fd, &status) != 0)
		return fail(walk, entry, errno);
	if (status.st_dev == entry->device && status.st_ino == entry->inode)
		return 0;
	return sshoal__manifest_fail(walk->manifest, entry, SSHOAL_ECHANGED,
				     "it changed while it was read",
				     walk->error);
}

static int open_folder(const struct walk *walk, size_t index, int *fd)
{
	const struct manifest_entry *entry = &walk->manifest->entries[index];
	char *path = sshoal__manifest_path(walk->manifest, index);
	if (!path)
		return fail(walk, entry, ENOMEM);
	int number = sshoal__long_path_open(
		fd, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	free(path);
	return number ? fail(walk, entry, number) : 0;
}

static int read_folder(struct walk *walk, size_t index)
{
	int fd = -1;
	int rc = open_folder(walk, index, &fd);
	if (rc)
		return rc;
	const struct manifest_entry *entry = &walk->manifest->entries[index];
	rc = check_folder(walk, entry, fd);
	DIR *names = rc ? NULL : fdopendir(fd);
	if (!names) {
		if (rc == 0)
			rc = fail(walk, entry, errno);
		(void)close(fd);
		return rc;
	}
	rc = read_names(walk, entry, names);
	for (size_t i = 0; i < walk->name_count && rc == 0; i++)
		rc = add_name(walk, fd, index, walk->names[i]);
	(void)closedir(names);
	return rc;
}

/* Everything else goes behind the directories, in memory that is no larger
 * than it needs to be. */
static int finish(struct walk *walk)
{
	struct manifest *manifest = walk->manifest;
	struct list *others = &walk->others;
	size_t directories = manifest->directories;
	size_t count = directories + others->count;
	if (count == 0)
		return 0;
	struct manifest_entry *all =
		reallocarray(others->entries, count, sizeof *all);
	if (!all)
		return sshoal__error_code(walk->error, SSHOAL_ENOMEM);
	memmove(all + directories, all, others->count * sizeof *all);
	if (directories > 0)
		memcpy(all, manifest->entries, directories * sizeof *all);
	free(manifest->entries);
	manifest->entries = all;
	manifest->count = count;
	others->entries = NULL;
	return 0;
}

int sshoal__manifest_walk(struct manifest *manifest, bool recursive,
			  sshoal_error *error)
{
	struct walk walk = {
		.manifest = manifest,
		.recursive = recursive,
		.error = error,
	};
	int rc = 0;
	for (size_t i = 0; i < manifest->source_count && rc == 0; i++)
		rc = add_source(&walk, i);
	for (size_t i = 0; i < manifest->count && rc == 0; i++)
		rc = read_folder(&walk, i);
	if (rc == 0)
		rc = finish(&walk);
	free(walk.names);
	free(walk.others.entries);
	return rc;
}
