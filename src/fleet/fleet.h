/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_FLEET_H
#define SSHOAL_FLEET_FLEET_H

#include <sshoal/fleet.h>

/*
 * For the tests of the sweep: the worker of the target with this label calls
 * the function when its key exchange begins, in place of a call into libssh2
 * that does not return. The label is borrowed for the fleet's life.
 */
void sshoal__fleet_spin(sshoal_fleet *fleet, const char *label,
			void (*call)(void *data), void *data);

#endif
