/* SPDX-License-Identifier: Apache-2.0 */
/* Columns and their widths. */
#include "cli/table.h"

#include <stdlib.h>

#include "cli/frame.h"

#define GAP 2
#define NARROWEST 4 /* three characters and the ellipsis */

void table_release(struct table *table)
{
	free(table->widths);
	table->widths = NULL;
}

static void widen(size_t *width, const char *cell)
{
	/* no character takes more columns than bytes */
	size_t columns = strlen(cell) > *width ? frame_columns(cell) : 0;

	if (columns > *width)
		*width = columns;
}

static size_t row_width(const struct table *table)
{
	size_t width = GAP * (table->columns - 1);

	for (size_t c = 0; c < table->columns; c++)
		width += table->widths[c];
	return width;
}

/* The first of the widest columns. */
static size_t *widest(const struct table *table)
{
	size_t *most = table->widths;

	for (size_t c = 1; c < table->columns; c++)
		if (table->widths[c] > *most)
			most = table->widths + c;
	return most;
}

void table_measure(struct table *table, size_t width)
{
	table_release(table);
	table->widths = xcalloc(table->columns, sizeof(*table->widths));
	for (size_t c = 0; c < table->columns; c++) {
		widen(&table->widths[c], table->headers[c]);
		for (size_t r = 0; r < table->rows; r++)
			widen(&table->widths[c], table->cells[r * table->columns + c]);
	}
	for (size_t *most = widest(table); width > 0 && row_width(table) > width && *most > NARROWEST; most = widest(table))
		--*most;
}

/* One line, whatever the text is. */
static void add_text(struct buf *line, const char *text, size_t len)
{
	size_t before = line->len;

	buf_add(line, text, len);
	for (char *tab = line->data + before; (tab = strchr(tab, '\t')) != NULL;)
		*tab = ' ';
}

static void add_blanks(struct buf *line, size_t count)
{
	static const char blanks[] = "                                ";

	for (; count >= sizeof(blanks); count -= sizeof(blanks) - 1)
		buf_add(line, blanks, sizeof(blanks) - 1);
	buf_add(line, blanks, count);
}

void table_add_row(struct buf *line, const struct table *table, const char *const *cells)
{
	for (size_t c = 0; c < table->columns; c++) {
		size_t columns = frame_columns(cells[c]), width = table->widths[c];

		if (columns > width) {
			size_t before = line->len;

			add_text(line, cells[c], frame_fitting(cells[c], width - 1));
			buf_adds(line, "…");
			columns = frame_columns(line->data + before);
		} else {
			add_text(line, cells[c], strlen(cells[c]));
		}
		if (c + 1 < table->columns)
			add_blanks(line, width - columns + GAP);
	}
}
