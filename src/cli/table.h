/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of cells as lines of text. Pure. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "base/base.h"
#include "base/buf.h"

/* Everything but the widths is borrowed. Texts are those of log_safe_text(). */
struct table {
	const char *const *headers;
	const char *const *cells; /* row by row */
	size_t columns, rows;
	size_t *widths;
};
void table_release(struct table *table);

/* Makes columns as wide as their widest cell. Where a row would be wider than width (0: no bound), the widest columns
 * become narrower, as far as something of their cells is left. */
void table_measure(struct table *table, size_t width);

/* Adds one line of cells, or the headers, without a newline. A cell without room ends with an ellipsis. The last
 * column is not padded. */
void table_add_row(struct buf *line, const struct table *table, const char *const *cells);

#endif
