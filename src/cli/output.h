/* SPDX-License-Identifier: Apache-2.0 */
/* What people and scripts see: the answer on stdout, the rest on stderr. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "base/argv.h"
#include "base/buf.h"
#include "base/tree.h"
#include "cli/cli.h"

/* On stderr: one line of reasons, then details, what it means, and numbered steps, where there are any. */
void output_error(const struct error *err);

/* The keys of an error (openshell(1), Failures). doing stands for what was to be done where the error says only what
 * happened, or is NULL. */
void output_add_error(cJSON *object, const struct error *err, const char *doing);

/* The same for programs, on stdout: an object with the key "error". doing stands for what was to be done
 * where the error says only what happened. */
void output_error_tree(const struct error *err, const char *doing, enum output_format format);

/* Each text once in a run; few. */
void output_warnings(const struct cli *cli, const struct argv *warnings);

/* What to do next, on stderr, after what stdout has so far. */
void output_hint(const char *text);

/* JSON or YAML on stdout. */
void output_tree(const cJSON *root, enum output_format format);

/* One of several, as they come: JSON on one line, or a YAML document of its own. */
void output_tree_line(const cJSON *root, enum output_format format);

/* stdout is one, on which something can be drawn. */
bool output_is_terminal(const struct cli *cli);

/* And in colours. */
bool output_may_colour(const struct cli *cli);

/* A heading and an empty line, on stdout or as text. */
void output_heading(const struct cli *cli, const char *heading);
void output_add_heading(const struct cli *cli, struct buf *text, const char *heading);

/* "  Label:   value" on stdout, or as text; nothing when value is NULL. The value is made safe. */
void output_field(const char *label, const char *value);
void output_add_field(struct buf *text, const char *label, const char *value);

/* A list on stdout as JSON or YAML, item by item, so that a long one takes no memory. */
struct output_list {
	enum output_format format;
	size_t count;
	struct buf waiting;
};
void output_list_add(struct output_list *list, const struct tree_field *fields, size_t count);
void output_list_end(struct output_list *list);

/* y or yes on stdin after the question; anything else, or the end of input, is no. */
bool output_confirm(const char *fmt, ...) PRINTF(1, 2);

#endif
