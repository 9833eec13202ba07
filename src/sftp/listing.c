/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "sftp/calls.h"
#include "sftp/directory.h"

/* A directory for a caller who waits for each name. */

struct sshoal_listing {
	struct sshoal_sftp *sftp;
	struct directory *directory;
	sshoal_entry entry;
};

/* One turn while nothing is here. What is under way needs nobody: a call that
 * is cancelled may return. */
static int turn(struct sshoal_sftp *sftp)
{
	int rc = sshoal__sftp_turn(sftp, DEADLINE_NONE);
	if (sftp->fate.code)
		sftp->error = sftp->fate;
	return rc;
}

static int fail(struct sshoal_sftp *sftp, const struct directory *directory)
{
	sftp->error = *sshoal__directory_error(directory);
	return sftp->error.code;
}

static int open_listing(struct sshoal_listing *listing, const char *path)
{
	struct sshoal_sftp *sftp = listing->sftp;
	listing->directory = sshoal__directory_new(sftp, path);
	if (!listing->directory)
		return sshoal__error_code(&sftp->error, SSHOAL_ENOMEM);
	enum directory_state state = DIRECTORY_WAIT;
	int rc = 0;
	while (rc == 0 && state == DIRECTORY_WAIT) {
		rc = turn(sftp);
		state = sshoal__directory_opened(listing->directory);
	}
	return rc                        ? rc :
	       state == DIRECTORY_FAILED ? fail(sftp, listing->directory) :
					   0;
}

int sshoal_sftp_list(sshoal_listing **listing, sshoal_sftp *sftp,
		     const char *path)
{
	if (!listing)
		return SSHOAL_EINVAL;
	int rc = sshoal__call_enter(sftp, path);
	if (rc)
		return rc;
	struct sshoal_listing *made = calloc(1, sizeof *made);
	if (made) {
		made->sftp = sftp;
		rc = open_listing(made, path);
	} else {
		rc = sshoal__error_code(&sftp->error, SSHOAL_ENOMEM);
	}
	if (rc && made) {
		sshoal__directory_leave(made->directory);
		free(made);
	}
	if (rc == 0)
		*listing = made;
	sshoal__sftp_leave(sftp);
	return rc;
}

static int next(struct sshoal_listing *listing, const sshoal_entry **entry)
{
	struct sshoal_sftp *sftp = listing->sftp;
	struct packet_name name;
	for (;;) {
		enum directory_state state =
			sshoal__directory_next(listing->directory, &name);
		if (state == DIRECTORY_FAILED)
			return fail(sftp, listing->directory);
		if (state == DIRECTORY_OVER) {
			*entry = NULL;
			return 0;
		}
		if (state == DIRECTORY_NAME)
			break;
		int rc = turn(sftp);
		if (rc)
			return rc;
	}
	listing->entry = (sshoal_entry){
		.name = (const char *)name.name,
		.long_name = (const char *)name.long_name,
		.attributes = name.attributes,
	};
	*entry = &listing->entry;
	return 0;
}

int sshoal_listing_next(sshoal_listing *listing, const sshoal_entry **entry)
{
	if (!listing || !entry)
		return SSHOAL_EINVAL;
	int rc = sshoal__sftp_enter(listing->sftp);
	if (rc)
		return rc;
	rc = next(listing, entry);
	sshoal__sftp_leave(listing->sftp);
	return rc;
}

void sshoal_listing_close(sshoal_listing *listing)
{
	if (!listing)
		return;
	struct sshoal_sftp *sftp = listing->sftp;
	bool entered = sshoal__sftp_enter(sftp) == 0;
	sshoal__directory_leave(listing->directory);
	if (entered) {
		/* Nobody need wait for it, but it should not wait either. */
		sshoal__client_send(&sftp->duplex);
		sshoal__sftp_leave(sftp);
	}
	free(listing);
}
