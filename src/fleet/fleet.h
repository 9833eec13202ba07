/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_FLEET_H
#define SSHOAL_FLEET_FLEET_H

#include <stdatomic.h>

#include <sshoal/fleet.h>

/*
 * For the tests of the sweep: the session of the target with this label stays
 * in one call from the end of its key exchange until *until is set. Both are
 * borrowed for the fleet's life.
 */
void sshoal__fleet_spin(sshoal_fleet *fleet, const char *label,
			atomic_bool *until);

#endif
