/* SPDX-License-Identifier: Apache-2.0 */
/* Rendering. Decides nothing. */
#include "cli/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/log.h"

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

static void print_steps(const struct error *err)
{
	if (err->hint_count > 0)
		fputs("To fix it:\n", stderr);
	for (size_t i = 0; i < err->hint_count; i++) {
		const struct hint *hint = &err->hints[i];
		autofree char *text = log_safe_text(hint->text, strlen(hint->text));

		fprintf(stderr, "  %zu. %s%s\n", i + 1, text, hint->command ? ":" : "");
		if (hint->command != NULL) {
			autofree char *command = log_safe_text(hint->command, strlen(hint->command));

			fprintf(stderr, "       %s\n", command);
		}
	}
}

void output_error(const struct error *err)
{
	autofree char *text = error_text(err);
	autofree char *safe = log_safe_text(text, strlen(text));

	fprintf(stderr, "openshell: %s\n", safe);
	if (err->detail != NULL)
		print_indented(err->detail);
	if (err->meaning != NULL)
		fprintf(stderr, "%s\n", err->meaning);
	print_steps(err);
}

/* Lines stay lines; NULL stays null. */
static void add_safe(cJSON *object, const char *key, const char *text)
{
	AUTO(buf) safe = BUF_INIT;

	while (text != NULL && *text != '\0') {
		size_t len = strcspn(text, "\n");
		autofree char *line = log_safe_text(text, len);

		buf_adds(&safe, line);
		buf_add(&safe, text + len, text[len] == '\n');
		text += len + (text[len] == '\n');
	}
	tree_add_str(object, key, text ? buf_str(&safe) : NULL);
}

void output_add_error(cJSON *object, const struct error *err, const char *doing)
{
	autofree char *message = error_text(err);
	cJSON *steps;

	tree_add_str(object, "code", error_code_name(err));
	tree_add_str(object, "kind", error_kind_name(err->kind));
	cJSON_AddNumberToObject(object, "exit_code", error_exit_code(err));
	cJSON_AddBoolToObject(object, "retriable", err->retriable);
	add_safe(object, "doing", err->cause ? err->text : doing);
	add_safe(object, "message", message);
	tree_add_str(object, "meaning", err->meaning);
	steps = cJSON_AddArrayToObject(object, "steps");
	for (size_t i = 0; i < err->hint_count; i++) {
		cJSON *step = cJSON_CreateObject();

		add_safe(step, "text", err->hints[i].text);
		add_safe(step, "command", err->hints[i].command);
		cJSON_AddItemToArray(steps, step);
	}
	add_safe(object, "detail", err->detail);
}

void output_error_tree(const struct error *err, const char *doing, enum output_format format)
{
	autotree cJSON *tree = cJSON_CreateObject();

	output_add_error(cJSON_AddObjectToObject(tree, "error"), err, doing);
	output_tree(tree, format);
}

void output_warnings(const struct cli *cli, const struct argv *warnings)
{
	static struct argv told; /* two looks at one file would say the same twice */

	for (size_t i = 0; i < warnings->n; i++) {
		if (argv_contains(&told, warnings->v[i]))
			continue;
		argv_add(&told, warnings->v[i]);
		cli->env->progress->warn(cli->env->progress->arg, warnings->v[i]);
	}
}

void output_hint(const char *text)
{
	fflush(stdout);
	fprintf(stderr, "hint: %s\n", text);
}

void output_tree(const cJSON *root, enum output_format format)
{
	autofree char *text = format == OUTPUT_YAML ? tree_print_yaml(root) : tree_print(root);

	fputs(text, stdout);
}

void output_tree_line(const cJSON *root, enum output_format format)
{
	autofree char *text = format == OUTPUT_YAML ? tree_print_yaml(root) : cJSON_PrintUnformatted(root);

	printf(format == OUTPUT_YAML ? "---\n%s" : "%s\n", text);
}

bool output_is_terminal(const struct cli *cli)
{
	return isatty(STDOUT_FILENO) && !cli->settings->dumb_terminal;
}

bool output_may_colour(const struct cli *cli)
{
	return output_is_terminal(cli) && !cli->settings->no_color;
}

void output_heading(const struct cli *cli, const char *heading)
{
	AUTO(buf) text = BUF_INIT;

	output_add_heading(cli, &text, heading);
	fputs(buf_str(&text), stdout);
}

void output_add_heading(const struct cli *cli, struct buf *text, const char *heading)
{
	bool colour = output_may_colour(cli);

	buf_addf(text, "%s%s%s\n\n", colour ? "\033[1;36m" : "", heading, colour ? "\033[0m" : "");
}

void output_add_field(struct buf *text, const char *label, const char *value)
{
	autofree char *safe = NULL, *left = NULL;

	if (value == NULL)
		return;
	safe = log_safe_text(value, strlen(value));
	left = xasprintf("%s:", label);
	buf_addf(text, "  %-14s %s\n", left, safe);
}

void output_field(const char *label, const char *value)
{
	AUTO(buf) text = BUF_INIT;

	output_add_field(&text, label, value);
	fputs(buf_str(&text), stdout);
}

static void write_waiting(struct output_list *list)
{
	fwrite(buf_str(&list->waiting), 1, list->waiting.len, stdout);
	list->waiting.len = 0;
}

static char *yaml_item(const struct tree_field *fields, size_t count)
{
	autotree cJSON *one = cJSON_CreateArray();
	cJSON *object = cJSON_CreateObject();

	tree_add_fields(object, fields, count);
	cJSON_AddItemToArray(one, object);
	return tree_print_yaml(one);
}

void output_list_add(struct output_list *list, const struct tree_field *fields, size_t count)
{
	if (list->format == OUTPUT_YAML) {
		autofree char *item = yaml_item(fields, count);

		buf_adds(&list->waiting, item);
	} else {
		buf_adds(&list->waiting, list->count == 0 ? "[\n  " : ",\n  ");
		tree_print_fields_at(&list->waiting, fields, count, 1);
	}
	list->count++;
	if (list->waiting.len > 64 * 1024)
		write_waiting(list);
}

void output_list_end(struct output_list *list)
{
	if (list->count == 0)
		buf_adds(&list->waiting, "[]\n");
	else if (list->format == OUTPUT_JSON)
		buf_adds(&list->waiting, "\n]\n");
	write_waiting(list);
	buf_release(&list->waiting);
}

/* Waits where a Ctrl-C is noticed, also by commands that catch it; false when one came. */
static bool wait_for_input(void)
{
	struct pollfd input = { STDIN_FILENO, POLLIN, 0 };

	while (cancel_poll(&input, 1, -1) < 0)
		if (cancel_signal() != 0)
			return false;
	return true;
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
	if (!wait_for_input() || getline(&answer, &size, stdin) < 0) {
		fputs("\n", stderr);
		return false;
	}
	answer[strcspn(answer, " \t\r\n")] = '\0';
	return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}
