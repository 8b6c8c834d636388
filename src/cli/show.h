/* SPDX-License-Identifier: Apache-2.0 */
/* A gateway's record as a table row, fields, or a tree: the same keys in list, info and status. */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include "base/tree.h"
#include "cli/cli.h"
#include "store/registry.h"

/* The gateway that commands take when none is named; NULL when there is none. The caller frees. */
char *show_active(const struct cli *cli);

/* Warns when OPENSHELL_GATEWAY means another gateway than this one, which has just become the active one. */
void show_override(const struct cli *cli, const char *name);

#define SHOW_KEYS 11

/* name endpoint type source auth active is_remote remote_host resolved_host port path; an entry that
 * cannot be used has name, source, path and invalid. Returns how many there are; texts are borrowed. */
size_t show_record_keys(const struct record *record, const char *active, struct tree_field fields[SHOW_KEYS]);

/* The same as a tree, which the caller frees. */
cJSON *show_record_tree(const struct record *record, const char *active);

/* Adds PREFIXexpires and PREFIXdays_left. */
void show_add_expiry(cJSON *tree, const char *prefix, const char *expires);
/* Warns when the client's certificate has expired or will within 30 days. */
void show_warn_expiry(const struct cli *cli, const struct record *record);

/* Adds what files tell: ssh_key ssh_options image container bundle certificate_expires certificate_days_left
 * last_sandbox. */
void show_add_files(const struct cli *cli, const struct record *record, cJSON *tree);

void show_record_fields(const struct cli *cli, const struct record *record);

#endif
