/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Brings what other programs left of a gateway to how it is written now: the metadata's older place, and modes that
 * let others read. Nothing has to be brought over before it can be used; bytes stay as they are.
 */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "base/argv.h"
#include "base/base.h"
#include "base/error.h"
#include "store/registry.h"

/* Adds a line to changes for each thing that is to change of a user's entry, and changes it where apply says so: the
 * gateway's lock is the caller's then. */
int migrate_entry(const struct paths *paths, const struct record *record, bool apply, struct argv *changes,
		  struct error **err) MUST_CHECK;

#endif
