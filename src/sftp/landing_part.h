/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_LANDING_PART_H
#define SSHOAL_SFTP_LANDING_PART_H

/*
 * Opens the part of a file that an interrupted transfer left under that name in
 * a directory, or begins one. Nobody else writes it as long as it is open.
 * 0 or an errno; EWOULDBLOCK: somebody else does.
 */
int sshoal__landing_part_open(int folder, const char *other, int *fd);

#endif
