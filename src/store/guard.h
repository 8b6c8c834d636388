/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who could have written a file: what the system's tree says decides where clients connect to, so that only root and
 * oneself may have a hand in it. Looks, and changes nothing.
 */
#ifndef STORE_GUARD_H
#define STORE_GUARD_H

#include "base/base.h"
#include "base/error.h"

/* Each directory on the way to path, each link and what it leads to belong to root or to us, and nobody but the owner
 * can write them; above path, directories in which one cannot touch what is another's (sticky ones) will do.
 * ERROR_REFUSED names what does not fit, ERROR_ABSENT what is not there. path is absolute. */
int guard_check(const char *path, struct error **err) MUST_CHECK;

/* The same for DIRECTORY/NAME/FILE when guard_check() has passed the directory: two looks where there is no link. file
 * is NAME/FILE as seen from dir, path all of it. */
int guard_check_entry(int dir, const char *file, const char *path, struct error **err) MUST_CHECK;

#endif
