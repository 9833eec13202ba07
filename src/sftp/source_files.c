/* SPDX-License-Identifier: MIT */
#include "sftp/source_files.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/long_path.h"
#include "work/condition.h"

/*
 * A file stays open after a read until its slot is wanted for another. After
 * each read it is looked at once more, so that what was read is known to be
 * from before any change.
 */

#define SLOTS 32
#define NO_ENTRY SIZE_MAX

struct slot {
	size_t entry; /* NO_ENTRY: nothing is open */
	int fd;
	bool is_opening; /* by one thread, for which the others wait */
	size_t users;
	uint64_t last_use;
};

/* What may change together with the ctime while the contents stay. */
struct inode_state {
	struct timespec ctime;
	uint32_t mode;
	uint32_t uid;
	uint32_t gid;
	uint32_t links;
};

struct source_files {
	const struct manifest *manifest;
	atomic_bool *changed; /* by entry */
	atomic_uint_fast64_t read_bytes;
	pthread_mutex_t lock;  /* protects all below */
	pthread_cond_t spared; /* a slot was opened or is used no more */
	size_t waiting;        /* for that */
	struct slot slots[SLOTS];
	uint64_t uses;
	struct inode_state **states; /* by entry; NULL: the manifest's */
};

int sshoal__source_files_new(struct source_files **files,
			     const struct manifest *manifest)
{
	struct source_files *made = calloc(1, sizeof *made);
	if (!made)
		return SSHOAL_ENOMEM;
	/* One more, for none would look as if memory were refused. */
	size_t count = manifest->count + 1;
	made->changed = calloc(count, sizeof *made->changed);
	made->states = calloc(count, sizeof *made->states);
	if (!made->changed || !made->states) {
		free(made->states);
		free(made->changed);
		free(made);
		return SSHOAL_ENOMEM;
	}
	made->manifest = manifest;
	for (size_t i = 0; i < SLOTS; i++)
		made->slots[i] = (struct slot){ .entry = NO_ENTRY, .fd = -1 };
	(void)pthread_mutex_init(&made->lock, NULL);
	sshoal__condition_init(&made->spared);
	*files = made;
	return 0;
}

static int set_changed(struct source_files *files, size_t entry)
{
	atomic_store(&files->changed[entry], true);
	return SSHOAL_ECHANGED;
}

static bool is_same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* Whether contents and identity are as in the manifest, as far as can be seen
 * without the ctime. */
static bool is_alike(const struct manifest_entry *entry,
		     const struct stat *status)
{
	return S_ISREG(status->st_mode) && status->st_dev == entry->device &&
	       status->st_ino == entry->inode &&
	       (uint64_t)status->st_size == entry->size_bytes &&
	       is_same_time(status->st_mtim, entry->mtime);
}

static struct inode_state state_of(const struct manifest_entry *entry)
{
	return (struct inode_state){
		.ctime = entry->ctime,
		.mode = entry->mode,
		.uid = entry->uid,
		.gid = entry->gid,
		.links = entry->links,
	};
}

/* The ctime differs: whether by something that leaves the contents alone. */
static bool is_explained(const struct inode_state *before,
			 const struct inode_state *now)
{
	return before->mode != now->mode || before->uid != now->uid ||
	       before->gid != now->gid || before->links != now->links;
}

/* Compares with the latest state that was seen, with the lock held. */
static int judge_state(struct source_files *files, size_t entry,
		       const struct inode_state *now)
{
	struct inode_state **seen = &files->states[entry];
	struct inode_state before =
		*seen ? **seen : state_of(&files->manifest->entries[entry]);
	if (is_same_time(before.ctime, now->ctime))
		return 0;
	if (!is_explained(&before, now))
		return set_changed(files, entry);
	if (!*seen)
		*seen = malloc(sizeof **seen);
	if (!*seen)
		return ENOMEM;
	**seen = *now;
	return 0;
}

static int judge(struct source_files *files, size_t entry,
		 const struct stat *status)
{
	if (!is_alike(&files->manifest->entries[entry], status))
		return set_changed(files, entry);
	const struct inode_state now = {
		.ctime = status->st_ctim,
		.mode = status->st_mode,
		.uid = status->st_uid,
		.gid = status->st_gid,
		.links = (uint32_t)status->st_nlink,
	};
	(void)pthread_mutex_lock(&files->lock);
	int fault = judge_state(files, entry, &now);
	(void)pthread_mutex_unlock(&files->lock);
	return fault;
}

static int judge_open(struct source_files *files, size_t entry, int fd)
{
	struct stat status;
	if (fstat(fd, &status) != 0)
		return errno;
	return judge(files, entry, &status);
}

/* A link is followed where the manifest followed one. */
static bool follows(const struct source_files *files, size_t entry)
{
	const struct manifest *manifest = files->manifest;
	return manifest->follow_links ||
	       manifest->entries[entry].parent == MANIFEST_NO_PARENT;
}

/* O_NONBLOCK: what took the file's place may be a pipe without a writer. */
static int open_file(struct source_files *files, size_t entry, int *fd)
{
	char *path = sshoal__manifest_path(files->manifest, entry);
	if (!path)
		return ENOMEM;
	int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
	if (!follows(files, entry))
		flags |= O_NOFOLLOW;
	int opened = -1;
	int fault = sshoal__long_path_open(&opened, path, flags);
	free(path);
	/* A link, a socket, a device without a driver. */
	if (fault == ELOOP || fault == ENXIO || fault == ENODEV)
		return set_changed(files, entry);
	if (fault)
		return fault;
	fault = judge_open(files, entry, opened);
	if (fault)
		(void)close(opened);
	else
		*fd = opened;
	return fault;
}

/* The rest is called with the lock held. */

static void tell_waiting(struct source_files *files)
{
	if (files->waiting > 0)
		(void)pthread_cond_broadcast(&files->spared);
}

static struct slot *slot_of(struct source_files *files, size_t entry)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (files->slots[i].entry == entry)
			return &files->slots[i];
	return NULL;
}

/* One that nobody uses, an empty one first, then the one whose last use is
 * longest ago. NULL: there is none. */
static struct slot *spare_slot(struct source_files *files)
{
	struct slot *best = NULL;
	for (size_t i = 0; i < SLOTS; i++) {
		struct slot *slot = &files->slots[i];
		if (slot->entry == NO_ENTRY)
			return slot;
		if (slot->users > 0)
			continue;
		if (!best || slot->last_use < best->last_use)
			best = slot;
	}
	return best;
}

/* Opens a file in a slot for the caller, giving up the lock meanwhile. */
static int open_slot(struct source_files *files, struct slot *slot,
		     size_t entry)
{
	int old = slot->fd;
	*slot = (struct slot){
		.entry = entry, .fd = -1, .is_opening = true, .users = 1
	};
	(void)pthread_mutex_unlock(&files->lock);
	if (old >= 0)
		(void)close(old);
	int fd = -1;
	int fault = open_file(files, entry, &fd);
	(void)pthread_mutex_lock(&files->lock);
	slot->is_opening = false;
	slot->fd = fd;
	if (fault) {
		slot->entry = NO_ENTRY;
		slot->users = 0;
	}
	tell_waiting(files);
	return fault;
}

static int take_slot(struct source_files *files, size_t entry,
		     struct slot **taken)
{
	for (;;) {
		struct slot *slot = slot_of(files, entry);
		if (slot && !slot->is_opening) {
			slot->users++;
			*taken = slot;
			return 0;
		}
		if (!slot)
			slot = spare_slot(files);
		if (slot && !slot->is_opening) {
			*taken = slot;
			return open_slot(files, slot, entry);
		}
		files->waiting++;
		(void)sshoal__condition_wait(&files->spared, &files->lock,
					     INT64_MAX);
		files->waiting--;
	}
}

static void release_slot(struct source_files *files, struct slot *slot)
{
	slot->last_use = ++files->uses;
	if (--slot->users == 0)
		tell_waiting(files);
}

/* The lock is free again. */

static int read_all(struct source_files *files, int fd, uint64_t offset,
		    unsigned char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = pread(fd, bytes, size, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			/* A file server forgot a file that was replaced. */
			return errno == ESTALE ? SSHOAL_ECHANGED : errno;
		if (n == 0)
			return SSHOAL_ECHANGED;
		atomic_fetch_add(&files->read_bytes, (uint64_t)n);
		bytes += n;
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

int sshoal__source_files_read(struct source_files *files, size_t entry,
			      uint64_t offset, unsigned char *bytes,
			      size_t size)
{
	struct slot *slot = NULL;
	(void)pthread_mutex_lock(&files->lock);
	int fault = take_slot(files, entry, &slot);
	(void)pthread_mutex_unlock(&files->lock);
	if (fault)
		return fault;
	fault = read_all(files, slot->fd, offset, bytes, size);
	if (fault == SSHOAL_ECHANGED)
		fault = set_changed(files, entry);
	if (fault == 0)
		fault = judge_open(files, entry, slot->fd);
	(void)pthread_mutex_lock(&files->lock);
	release_slot(files, slot);
	(void)pthread_mutex_unlock(&files->lock);
	return fault;
}

int sshoal__source_files_check(struct source_files *files, size_t entry)
{
	if (sshoal__source_files_is_changed(files, entry))
		return SSHOAL_ECHANGED;
	char *path = sshoal__manifest_path(files->manifest, entry);
	if (!path)
		return ENOMEM;
	struct stat status;
	int fault =
		sshoal__long_path_status(&status, path, follows(files, entry));
	free(path);
	return fault ? fault : judge(files, entry, &status);
}

bool sshoal__source_files_is_changed(const struct source_files *files,
				     size_t entry)
{
	return atomic_load(&files->changed[entry]);
}

int sshoal__source_files_tell(const struct source_files *files, size_t entry,
			      int fault, sshoal_error *error)
{
	const struct manifest *manifest = files->manifest;
	int code = fault < 0 ? fault : sshoal__error_from_errno(fault);
	const char *why = fault > 0 ? strerror(fault) : sshoal_error_text(code);
	if (code == SSHOAL_ECHANGED)
		why = "it is not what it was when the transfer began";
	return sshoal__manifest_fail(manifest, &manifest->entries[entry], code,
				     why, error);
}

uint64_t sshoal__source_files_read_bytes(const struct source_files *files)
{
	return atomic_load(&files->read_bytes);
}

void sshoal__source_files_free(struct source_files *files)
{
	if (!files)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		if (files->slots[i].fd >= 0)
			(void)close(files->slots[i].fd);
	for (size_t i = 0; i < files->manifest->count; i++)
		free(files->states[i]);
	(void)pthread_cond_destroy(&files->spared);
	(void)pthread_mutex_destroy(&files->lock);
	free(files->states);
	free(files->changed);
	free(files);
}
