/* SPDX-License-Identifier: Apache-2.0 */
/* Rendering. Decides nothing. */
#include "cli/output.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/buf.h"
#include "base/log.h"

#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define DIM "\033[2m"
#define PLAIN "\033[0m"

static void print_indented(const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		autofree char *safe = log_safe_text(text, len);

		fprintf(stderr, "  %s\n", safe);
		text += len;
		text += *text == '\n';
	}
}

void output_error(const struct error *err)
{
	autofree char *text = error_text(err);
	autofree char *safe = log_safe_text(text, strlen(text));

	fprintf(stderr, "openshell: %s\n", safe);
	if (err->detail != NULL)
		print_indented(err->detail);
	if (err->hint != NULL)
		fprintf(stderr, "hint: %s\n", err->hint);
}

static void print_marked(const struct cli *cli, const char *colour, const char *mark, const char *text)
{
	autofree char *safe = log_safe_text(text, strlen(text));

	if (cli->colour)
		fprintf(stderr, "%s%s%s %s\n", colour, mark, PLAIN, safe);
	else
		fprintf(stderr, "%s\n", safe);
}

static void warn_line(void *arg, const char *text)
{
	autofree char *line = xasprintf("warning: %s", text);

	print_marked(arg, YELLOW, "!", line);
}

void output_warnings(const struct cli *cli, const struct argv *warnings)
{
	for (size_t i = 0; i < warnings->n; i++)
		warn_line((void *)(uintptr_t)cli, warnings->v[i]);
}

void output_success(const struct cli *cli, const char *fmt, ...)
{
	autofree char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (text != NULL)
		print_marked(cli, GREEN, "✓", text);
}

static void show_step(void *arg, const char *doing)
{
	const struct cli *cli = arg;

	fprintf(stderr, "%s%s%s...\n", cli->colour ? "  " : "", doing, "");
}

static void show_done(void *arg)
{
	(void)arg;
}

static void show_line(void *arg, const char *line, size_t len)
{
	const struct cli *cli = arg;
	autofree char *safe = log_safe_text(line, len);

	if (*safe != '\0')
		fprintf(stderr, "%s    %s%s\n", cli->colour ? DIM : "", safe, cli->colour ? PLAIN : "");
}

static void show_note(void *arg, const char *text)
{
	print_marked(arg, "", "•", text);
}

void output_progress(struct progress *progress, const struct cli *cli)
{
	*progress = (struct progress){
		.step = show_step, .done = show_done, .line = show_line, .note = show_note, .warn = warn_line,
		.arg = (void *)(uintptr_t)cli,
	};
}

void output_tree(const cJSON *root, enum output_format format)
{
	autofree char *text = format == OUTPUT_YAML ? tree_print_yaml(root) : tree_print(root);

	fputs(text, stdout);
}

void output_field(const char *label, const char *value)
{
	autofree char *safe = NULL, *left = NULL;

	if (value == NULL)
		return;
	safe = log_safe_text(value, strlen(value));
	left = xasprintf("%s:", label);
	printf("  %-13s %s\n", left, safe);
}

/* Characters, not bytes: continuation bytes of UTF-8 take no column. */
static size_t width(const char *text)
{
	size_t columns = 0;

	for (; *text != '\0'; text++)
		columns += ((unsigned char)*text & 0xc0) != 0x80;
	return columns;
}

static void print_cell(const char *text, size_t columns, bool last)
{
	size_t taken = width(text);

	if (last)
		printf("%s\n", text);
	else
		printf("%s%*s", text, (int)(columns - taken + 2), "");
}

void output_table(const char *const *headers, size_t columns, char *const *cells, size_t rows)
{
	size_t *widths = xcalloc(columns, sizeof(*widths));

	for (size_t c = 0; c < columns; c++) {
		widths[c] = width(headers[c]);
		for (size_t r = 0; r < rows; r++) {
			size_t columns_of_cell = width(cells[r * columns + c]);

			if (columns_of_cell > widths[c])
				widths[c] = columns_of_cell;
		}
	}
	for (size_t c = 0; c < columns; c++)
		print_cell(headers[c], widths[c], c + 1 == columns);
	for (size_t i = 0; i < rows * columns; i++)
		print_cell(cells[i], widths[i % columns], i % columns + 1 == columns);
	free(widths);
}

bool output_confirm(const char *fmt, ...)
{
	autofree char *answer = NULL;
	size_t size = 0;
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs(" [y/N] ", stderr);
	if (getline(&answer, &size, stdin) < 0) {
		fputs("\n", stderr);
		return false;
	}
	answer[strcspn(answer, " \t\r\n")] = '\0';
	return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}
