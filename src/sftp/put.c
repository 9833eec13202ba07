/* SPDX-License-Identifier: MIT */
#include "sftp/put.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "sftp/tree.h"
#include "sftp/upload.h"

/*
 * A manifest on its way up: directories first, each once the one above it is
 * there, then files, as many at a time as the server lets be open, and at last
 * what directories shall look like, from the deepest up.
 */

#define PERMISSIONS 0777u
#define ALL_PERMISSIONS 07777u
#define OWN_PERMISSIONS 0700u

/* What is known of a directory there. */
enum place {
	PLACE_NEW,
	PLACE_ASKED,
	PLACE_THERE,
	PLACE_FRESH, /* made by us: nothing is in it */
	PLACE_FAILED,
};

struct put {
	struct transfer transfer;
	struct upload_context context;
	const struct put_plan *plan;
	const struct manifest *manifest;
	char **roots;          /* where each source goes */
	unsigned char *places; /* of directories, enum place */
	size_t next;           /* the entry that is begun next */
	size_t dressed;        /* so many directories wait for their looks */
	uint32_t pending;      /* requests for directories */
	struct upload *uploads;
};

static char *path_of(const struct put *put, size_t index)
{
	const char *root = put->roots[put->manifest->entries[index].source];
	char *below = sshoal__manifest_below(put->manifest, index);
	char *path = NULL;
	if (below && !*below)
		path = strdup(root);
	else if (below &&
		 asprintf(&path, "%s%s%s", root,
			  root[strlen(root) - 1] == '/' ? "" : "/", below) < 0)
		path = NULL;
	free(below);
	return path;
}

/* Tells of something that no request was made for, or of a directory. */
static void tell(struct put *put, size_t index, int code, const char *text)
{
	char *local = sshoal__manifest_path(put->manifest, index);
	char *remote = path_of(put, index);
	const struct manifest_entry *entry = &put->manifest->entries[index];
	const sshoal_transfer_file file = {
		.local = local ? local : "",
		.remote = remote ? remote : "",
		.text = text,
		.code = code,
		.kind = (uint32_t)entry->kind,
		.left_out = code == 0 && entry->kind == SSHOAL_FILE_OTHER,
	};
	sshoal__transfer_tell(&put->transfer, &file);
	free(remote);
	free(local);
}

static void no_memory(struct put *put)
{
	sshoal_error error;
	(void)sshoal__error_code(&error, SSHOAL_ENOMEM);
	sshoal__transfer_end(&put->transfer, SSHOAL_ENOMEM, &error);
}

/* Sends sftp->packet for a directory. */
static void ask(struct put *put, size_t index,
		void (*done)(struct step *step, const struct sftp_reply *reply))
{
	struct step *step = sshoal__step_new(put, done);
	if (step)
		step->offset = index;
	int rc = sshoal__step_send(put->transfer.sftp, step, NULL);
	if (rc == SSHOAL_ENOMEM)
		no_memory(put);
	if (rc == 0)
		put->pending++;
}

static void directory_failed(struct put *put, size_t index,
			     const struct sftp_reply *reply)
{
	sshoal_error error = { .code = 0 };
	char *path = path_of(put, index);
	int rc = sshoal__sftp_judge(reply, SFTP_STATUS, path ? path : "",
				    &error);
	put->places[index] = PLACE_FAILED;
	if (rc && !reply->code)
		tell(put, index, rc, error.text);
	free(path);
}

/* A directory could not be made: is it there already? */
static void on_looked(struct step *step, const struct sftp_reply *reply)
{
	struct put *put = step->owner;
	size_t index = (size_t)step->offset;
	sshoal_attributes attributes = { .flags = 0 };
	put->pending--;
	if (!reply->code && reply->type == SFTP_ATTRS) {
		struct wire body = reply->body;
		sshoal__packet_read_attributes(&body, &attributes);
	}
	if (sshoal_attributes_kind(&attributes) == SSHOAL_FILE_DIRECTORY) {
		put->places[index] = PLACE_THERE;
		return;
	}
	put->places[index] = PLACE_FAILED;
	if (reply->code)
		return;
	if (reply->type != SFTP_ATTRS) {
		directory_failed(put, index, reply);
		return;
	}
	char text[512];
	char *path = path_of(put, index);
	(void)snprintf(text, sizeof text,
		       "%.400s: it is there and is no directory",
		       path ? path : "");
	tell(put, index, SSHOAL_EEXIST, text);
	free(path);
}

/* Begins a request about an entry's path: false without memory. */
static bool begin(struct put *put, enum sftp_type type, size_t index)
{
	char *path = path_of(put, index);
	if (path) {
		sshoal__packet_begin(&put->transfer.sftp->packet, type);
		sshoal__packet_text(&put->transfer.sftp->packet, path);
	} else {
		no_memory(put);
	}
	free(path);
	return path != NULL;
}

static void on_made(struct step *step, const struct sftp_reply *reply)
{
	struct put *put = step->owner;
	size_t index = (size_t)step->offset;
	put->pending--;
	if (reply->code)
		put->places[index] = PLACE_FAILED;
	else if (reply->type == SFTP_STATUS && reply->status == SFTP_OK)
		put->places[index] = PLACE_FRESH;
	else if (begin(put, SFTP_STAT, index))
		ask(put, index, on_looked);
}

static void make_directory(struct put *put, size_t index)
{
	const struct manifest_entry *entry = &put->manifest->entries[index];
	const sshoal_attributes attributes = {
		.flags = SSHOAL_ATTRIBUTES_MODE,
		.mode = (entry->mode & PERMISSIONS) | OWN_PERMISSIONS,
	};
	if (!begin(put, SFTP_MKDIR, index))
		return;
	sshoal__packet_attributes(&put->transfer.sftp->packet, &attributes);
	put->places[index] = PLACE_ASKED;
	ask(put, index, on_made);
}

static void begin_upload(struct put *put, size_t index, bool fresh)
{
	char *path = path_of(put, index);
	struct upload *upload =
		path ? sshoal__upload_new(&put->context, index, path, fresh) :
		       NULL;
	if (!upload) {
		no_memory(put);
		return;
	}
	struct upload **link = &put->uploads;
	while (*link)
		link = &(*link)->following;
	*link = upload;
}

/* A link that leads nowhere or up to itself. */
static void tell_fault(struct put *put, size_t index)
{
	int fault = put->manifest->entries[index].fault;
	char *local = sshoal__manifest_path(put->manifest, index);
	char text[512];
	(void)snprintf(text, sizeof text, "%.400s: %s", local ? local : "",
		       strerror(fault));
	tell(put, index, sshoal__error_from_errno(fault), text);
	free(local);
}

/* Begins the next entry, if what it needs is there. */
static bool begin_next(struct put *put)
{
	size_t index = put->next;
	const struct manifest_entry *entry = &put->manifest->entries[index];
	int parent = entry->parent == MANIFEST_NO_PARENT ?
			     PLACE_THERE :
			     put->places[entry->parent];
	if (parent == PLACE_ASKED)
		return false;
	put->next++;
	if (parent == PLACE_FAILED) {
		if (entry->kind == SSHOAL_FILE_DIRECTORY)
			put->places[index] = PLACE_FAILED;
		tell(put, index, SSHOAL_ETRANSFER,
		     "its directory could not be made");
	} else if (entry->kind == SSHOAL_FILE_DIRECTORY) {
		make_directory(put, index);
	} else if (entry->fault) {
		tell_fault(put, index);
	} else if (entry->kind == SSHOAL_FILE_OTHER) {
		tell(put, index, 0,
		     "a device, pipe or socket, which is left out");
	} else {
		begin_upload(put, index, parent == PLACE_FRESH);
	}
	return true;
}

static void run_uploads(struct put *put)
{
	struct upload **link = &put->uploads;
	while (*link) {
		struct upload *upload = *link;
		if (sshoal__upload_run(upload)) {
			*link = upload->following;
			sshoal__upload_free(upload);
		} else {
			link = &upload->following;
		}
	}
}

static void on_dressed(struct step *step, const struct sftp_reply *reply)
{
	struct put *put = step->owner;
	put->pending--;
	/* The owner is a wish, for which there was a request of its own. */
	if (step->kind || reply->code)
		return;
	directory_failed(put, (size_t)step->offset, reply);
}

static void on_owned(struct step *step, const struct sftp_reply *reply)
{
	const struct put *put = step->owner;
	step->kind = !put->plan->options->has_owner;
	on_dressed(step, reply);
}

static void dress(struct put *put, size_t index)
{
	const sshoal_transfer_options *options = put->plan->options;
	const struct manifest_entry *entry = &put->manifest->entries[index];
	struct packet *packet = &put->transfer.sftp->packet;
	bool owner = options->has_owner != 0;
	if (put->places[index] == PLACE_FAILED)
		return;
	sshoal_attributes wanted = {
		.flags = SSHOAL_ATTRIBUTES_OWNER,
		.uid = owner ? options->uid : entry->uid,
		.gid = owner ? options->gid : entry->gid,
		.mode = entry->mode & ALL_PERMISSIONS,
		.atime_s = entry->atime_s,
		.mtime_s = entry->mtime.tv_sec,
	};
	if ((owner || options->preserve) && begin(put, SFTP_SETSTAT, index)) {
		sshoal__packet_attributes(packet, &wanted);
		ask(put, index, on_owned);
	}
	wanted.flags = SSHOAL_ATTRIBUTES_TIMES;
	if (options->preserve)
		wanted.flags |= SSHOAL_ATTRIBUTES_MODE;
	if ((options->preserve || options->skip_unchanged) &&
	    begin(put, SFTP_SETSTAT, index)) {
		sshoal__packet_attributes(packet, &wanted);
		ask(put, index, on_dressed);
	}
}

static bool is_over(const struct put *put)
{
	if (put->uploads || put->pending)
		return false;
	return put->transfer.end.code ||
	       (put->next == put->manifest->count && put->dressed == 0);
}

static void feed(struct put *put)
{
	struct transfer *transfer = &put->transfer;
	while (put->next < put->manifest->count &&
	       sshoal__transfer_has_place(transfer) && begin_next(put))
		run_uploads(put);
	run_uploads(put);
	if (put->next < put->manifest->count || put->uploads)
		return;
	while (put->dressed > 0 && !transfer->end.code &&
	       sshoal__sftp_has_room(transfer->sftp))
		dress(put, --put->dressed);
}

static void move_all(struct put *put)
{
	for (;;) {
		feed(put);
		if (is_over(put))
			return;
		sshoal__transfer_turn(&put->transfer);
	}
}

/* What is at the destination: true for a directory; *missing: nothing. */
static int look(struct put *put, const char *path, bool *is_directory,
		bool *missing, sshoal_error *error)
{
	struct sshoal_sftp *sftp = put->transfer.sftp;
	struct sftp_answer answer;
	sshoal_attributes attributes = { .flags = 0 };
	sshoal__packet_begin(&sftp->packet, SFTP_STAT);
	sshoal__packet_text(&sftp->packet, path);
	int rc = sshoal__sftp_ask(sftp, &answer, SFTP_ATTRS, path);
	if (rc == 0)
		sshoal__packet_read_attributes(&answer.body, &attributes);
	sshoal__sftp_answer_fini(&answer);
	*missing = rc == SSHOAL_ENOENT;
	*is_directory =
		sshoal_attributes_kind(&attributes) == SSHOAL_FILE_DIRECTORY;
	if (rc == 0 || *missing)
		return 0;
	return sshoal__error_set(error, rc, "%s", sftp->error.text);
}

/* Makes a directory and those above it. */
static int make(struct put *put, const char *path, sshoal_error *error)
{
	struct sshoal_sftp *sftp = put->transfer.sftp;
	int rc = sshoal__tree_make(sftp, path, PERMISSIONS);
	return rc ? sshoal__error_set(error, rc, "%s", sftp->error.text) : 0;
}

/* Makes the directory that a new name is to be in. */
static int make_above(struct put *put, const char *path, sshoal_error *error)
{
	const char *slash = strrchr(path, '/');
	if (!slash || slash == path)
		return 0;
	char *above = strndup(path, (size_t)(slash - path));
	if (!above)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	int rc = make(put, above, error);
	free(above);
	return rc;
}

/* Says where each source goes: into the directory or under that name. */
static int set_roots(struct put *put, const char *path, bool into)
{
	const struct manifest *manifest = put->manifest;
	size_t n = strlen(path);
	put->roots = calloc(manifest->source_count, sizeof *put->roots);
	if (!put->roots)
		return SSHOAL_ENOMEM;
	for (size_t i = 0; i < manifest->source_count; i++) {
		char *root = NULL;
		if (!into)
			root = strdup(path);
		else if (asprintf(&root, "%s%s%s", path,
				  path[n - 1] == '/' ? "" : "/",
				  manifest->bases[i]) < 0)
			root = NULL;
		if (!root)
			return SSHOAL_ENOMEM;
		put->roots[i] = root;
	}
	return 0;
}

/* A leading "~/" is the login's home, where relative paths begin. */
static const char *without_home(const char *path)
{
	if (strcmp(path, "~") == 0 || strcmp(path, "~/") == 0)
		return "./";
	return strncmp(path, "~/", 2) == 0 ? path + 2 : path;
}

/* The destination is to be a directory, and may have to be made. */
static int need_directory(struct put *put, const char *path, bool missing,
			  sshoal_error *error)
{
	if (missing && put->plan->options->make_parents)
		return make(put, path, error);
	return sshoal__error_set(
		error, missing ? SSHOAL_ENOENT : SSHOAL_EEXIST, "%s: %s", path,
		missing ? "no such directory" : "it is no directory");
}

static int settle_destination(struct put *put, sshoal_error *error)
{
	const char *path = without_home(put->plan->destination);
	int rc = sshoal__sftp_check_path(path, error);
	if (rc)
		return rc;
	bool into = path[strlen(path) - 1] == '/' ||
		    put->manifest->source_count > 1;
	bool is_directory = false;
	bool missing = false;
	rc = look(put, path, &is_directory, &missing, error);
	if (rc == 0 && into && !is_directory)
		rc = need_directory(put, path, missing, error);
	else if (rc == 0 && missing && put->plan->options->make_parents)
		rc = make_above(put, path, error);
	if (rc)
		return rc;
	rc = set_roots(put, path, into || is_directory);
	return rc ? sshoal__error_code(error, rc) : 0;
}

static int prepare(struct put *put, sshoal_error *error)
{
	const struct sshoal_sftp *sftp = put->transfer.sftp;
	if (put->plan->options->sync && !sftp->extensions[SFTP_FSYNC])
		return sshoal__error_set(error, SSHOAL_EUNSUPPORTED,
					 "the server does not offer to put a "
					 "file on its disk (fsync)");
	put->places = calloc(put->manifest->directories + 1, 1);
	if (!put->places)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	return settle_destination(put, error);
}

int sshoal__put(struct sshoal_sftp *sftp, const struct put_plan *plan,
		sshoal_error *error)
{
	struct put put = {
		.plan = plan,
		.manifest = plan->manifest,
		.dressed = plan->manifest->directories,
	};
	put.context = (struct upload_context){
		.transfer = &put.transfer,
		.manifest = plan->manifest,
		.source = plan->source,
	};
	sshoal__transfer_init(&put.transfer, sftp, plan->options, plan->rate);
	put.transfer.progress.total_bytes = plan->manifest->total_bytes;
	for (size_t i = plan->manifest->directories; i < plan->manifest->count;
	     i++)
		put.transfer.progress.total_files +=
			plan->manifest->entries[i].kind != SSHOAL_FILE_OTHER;
	int rc = prepare(&put, error);
	if (rc == 0) {
		move_all(&put);
		rc = sshoal__transfer_outcome(&put.transfer, error);
	}
	for (size_t i = 0; put.roots && i < plan->manifest->source_count; i++)
		free(put.roots[i]);
	free(put.roots);
	free(put.places);
	sshoal__transfer_fini(&put.transfer);
	return rc;
}
