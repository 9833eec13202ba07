/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "sftp/walk.h"

/* What is in a tree besides directories: files become downloads, links are made
 * again or followed, the rest is left out. */

void sshoal__item_tell(struct get *get, const struct branch *branch,
		       const char *name, const char *remote, int kind, int code,
		       const char *text)
{
	char *local = NULL;
	if (branch && branch->landing && *name)
		local = strdup(sshoal__landing_path_to(branch->landing, name));
	else if (branch && branch->landing)
		local = strdup(sshoal__landing_path(branch->landing));
	const sshoal_transfer_file file = {
		.local = local ? local : "",
		.remote = remote,
		.text = text,
		.code = code,
		.kind = (uint32_t)kind,
		.left_out = code == 0 && kind != SSHOAL_FILE_LINK,
		.changed = code == 0 && kind == SSHOAL_FILE_LINK && !*text,
	};
	sshoal__transfer_tell(&get->transfer, &file);
	free(local);
}

static void free_item(struct item *item)
{
	free(item->name);
	free(item->remote);
	free(item);
}

bool sshoal__item_add(struct get *get, struct branch *branch, char *name,
		      char *remote, const sshoal_attributes *attributes)
{
	struct item *made = calloc(1, sizeof *made);
	if (!made) {
		free(name);
		free(remote);
		sshoal__get_no_memory(get);
		return false;
	}
	made->branch = branch;
	made->name = name;
	made->remote = remote;
	made->attributes = *attributes;
	made->follows = get->plan->options->follow_links != 0;
	branch->users++;
	*get->last = made;
	get->last = &made->following;
	get->item_count++;
	return true;
}

/* An item whose answer is awaited: who it belongs to besides. */
struct asked {
	struct get *get;
	struct item *item;
};

static void over(struct get *get, struct item *item)
{
	struct branch *branch = item->branch;
	free_item(item);
	sshoal__walk_release(get, branch);
}

/* Asks for something of an item, which is answered later. */
static void ask(struct get *get, struct item *item, enum sftp_type type,
		void (*done)(struct step *step, const struct sftp_reply *reply))
{
	struct sshoal_sftp *sftp = get->transfer.sftp;
	struct asked *asked = malloc(sizeof *asked);
	int rc = asked ? 0 : SSHOAL_ENOMEM;
	if (rc == 0) {
		*asked = (struct asked){ get, item };
		sshoal__packet_begin(&sftp->packet, type);
		sshoal__packet_text(&sftp->packet, item->remote);
		rc = sshoal__step_send(sftp, sshoal__step_new(asked, done),
				       NULL);
	}
	if (rc == 0) {
		get->pending++;
		return;
	}
	free(asked);
	if (rc == SSHOAL_ENOMEM)
		sshoal__get_no_memory(get);
	over(get, item);
}

/* The item whose answer has come; get learns of it. */
static struct item *answered(const struct step *step, struct get **get)
{
	struct asked *asked = step->owner;
	struct item *item = asked->item;
	*get = asked->get;
	(*get)->pending--;
	free(asked);
	return item;
}

static void tell(struct get *get, const struct item *item, int code,
		 const char *text)
{
	sshoal__item_tell(get, item->branch, item->name, item->remote,
			  sshoal_attributes_kind(&item->attributes), code,
			  text);
}

static void make_link(struct get *get, const struct item *item,
		      const char *target)
{
	sshoal_error error = { .code = 0 };
	bool same = false;
	get->transfer.progress.total_files++;
	int rc = sshoal__landing_link(item->branch->landing, item->name, target,
				      &same, &error);
	if (rc)
		tell(get, item, rc, error.text);
	else
		tell(get, item, 0, same ? "it is there already" : "");
}

static void on_target(struct step *step, const struct sftp_reply *reply)
{
	struct get *get = NULL;
	struct item *item = answered(step, &get);
	sshoal_error error = { .code = 0 };
	struct packet_names names;
	struct packet_name name;
	int rc = sshoal__sftp_judge(reply, SFTP_NAME, item->remote, &error);
	if (rc == 0 && (!sshoal__packet_names(&names, &reply->body) ||
			!sshoal__packet_next_name(&names, &name)))
		rc = sshoal__error_set(&error, SSHOAL_EPROTOCOL,
				       "%s: the server's answer is damaged",
				       item->remote);
	char *target =
		rc ? NULL : sshoal__sftp_copy_string(name.name, name.name_size);
	if (target)
		make_link(get, item, target);
	else if (rc == 0)
		sshoal__get_no_memory(get);
	else if (!reply->code)
		tell(get, item, rc, error.text);
	free(target);
	over(get, item);
}

/* What an item is once it was looked at: it is put where others of its kind
 * are. */
static void on_looked(struct step *step, const struct sftp_reply *reply)
{
	struct get *get = NULL;
	struct item *item = answered(step, &get);
	sshoal_error error = { .code = 0 };
	int rc = sshoal__sftp_judge(reply, SFTP_ATTRS, item->remote, &error);
	struct wire body = reply->body;
	if (rc == 0)
		sshoal__packet_read_attributes(&body, &item->attributes);
	if (rc == 0 && body.failed)
		rc = sshoal__error_set(&error, SSHOAL_EPROTOCOL,
				       "%s: the server's answer is damaged",
				       item->remote);
	if (rc) {
		if (!reply->code)
			tell(get, item, rc, error.text);
		over(get, item);
		return;
	}
	item->looked = true;
	if (sshoal_attributes_kind(&item->attributes) ==
	    SSHOAL_FILE_DIRECTORY) {
		(void)sshoal__walk_add(get, item->branch, item->name,
				       item->remote, &item->attributes);
		item->name = NULL;
		item->remote = NULL;
		over(get, item);
		return;
	}
	/* It goes first: its place was kept. */
	item->following = get->first;
	if (!get->first)
		get->last = &item->following;
	get->first = item;
	get->item_count++;
}

static void begin_download(struct get *get, struct item *item)
{
	struct download *download = sshoal__download_new(
		&get->transfer, item->branch->landing, item->name, item->remote,
		&item->attributes);
	item->name = NULL;
	item->remote = NULL;
	if (!download) {
		sshoal__get_no_memory(get);
		over(get, item);
		return;
	}
	download->owner = item;
	download->umask = get->umask;
	get->transfer.progress.total_files++;
	get->transfer.progress.total_bytes += item->attributes.size_bytes;
	struct download **link = &get->downloads;
	while (*link)
		link = &(*link)->following;
	*link = download;
}

static void begin(struct get *get, struct item *item)
{
	int kind = sshoal_attributes_kind(&item->attributes);
	if (!item->branch->landing) {
		tell(get, item, SSHOAL_ETRANSFER,
		     "its directory could not be made");
		over(get, item);
	} else if (!item->looked && kind == SSHOAL_FILE_UNKNOWN) {
		/* Some servers send no attributes with the names. */
		ask(get, item, item->follows ? SFTP_STAT : SFTP_LSTAT,
		    on_looked);
	} else if (!item->looked && kind == SSHOAL_FILE_LINK && item->follows) {
		ask(get, item, SFTP_STAT, on_looked);
	} else if (kind == SSHOAL_FILE_LINK) {
		ask(get, item, SFTP_READLINK, on_target);
	} else if (kind == SSHOAL_FILE_REGULAR || kind == SSHOAL_FILE_UNKNOWN) {
		begin_download(get, item);
	} else {
		tell(get, item, 0,
		     "a device, pipe or socket, which is left out");
		over(get, item);
	}
}

static struct item *take_first(struct get *get)
{
	struct item *item = get->first;
	get->first = item->following;
	if (!get->first)
		get->last = &get->first;
	item->following = NULL;
	get->item_count--;
	return item;
}

static void run_downloads(struct get *get)
{
	struct download **link = &get->downloads;
	while (*link) {
		struct download *download = *link;
		if (!sshoal__download_run(download)) {
			link = &download->following;
			continue;
		}
		*link = download->following;
		struct item *item = download->owner;
		sshoal__download_free(download);
		over(get, item);
	}
}

void sshoal__item_feed(struct get *get)
{
	while (get->first && sshoal__transfer_has_place(&get->transfer))
		begin(get, take_first(get));
	run_downloads(get);
}

void sshoal__item_drop(struct get *get)
{
	while (get->first)
		over(get, take_first(get));
}
