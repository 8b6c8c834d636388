/* SPDX-License-Identifier: Apache-2.0 */
/* Edits the text of kubectl's configuration by lines, which libyaml's marks name, and then compares what it means. */
#include "store/kubeconfig.h"

#include <stdlib.h>
#include <yaml.h>

#include "base/encode.h"
#include "base/yaml.h"

#define DEPTH_MAX 32

enum list { LIST_CLUSTERS, LIST_CONTEXTS, LIST_USERS, LISTS };
static const char *const list_keys[LISTS] = { "clusters", "contexts", "users" };
#define CURRENT "current-context"
#define CA_DATA "certificate-authority-data"
#define CERTIFICATE_DATA "client-certificate-data"

/* ------------------------------------------------------------------ our entry as text */

static void add_data(struct buf *text, const char *key, const struct buf *pem)
{
	autofree char *data = NULL;

	if (pem == NULL)
		return;
	data = base64_encode(buf_str(pem), pem->len);
	buf_addf(text, "    %s: %s\n", key, data);
}

/* The item of a list, not indented. */
static void add_item(struct buf *text, enum list list, const struct kube_entry *entry)
{
	switch (list) {
	case LIST_CLUSTERS:
		buf_adds(text, "- cluster:\n");
		add_data(text, CA_DATA, entry->ca);
		buf_addf(text, "    server: %s\n  name: %s\n", entry->server, entry->name);
		return;
	case LIST_CONTEXTS:
		buf_addf(text, "- context:\n    cluster: %s\n    namespace: %s\n    user: %s\n  name: %s\n",
			 entry->name, entry->space, entry->name, entry->name);
		return;
	case LIST_USERS:
	case LISTS:
		buf_addf(text, "- name: %s\n  user:%s\n", entry->name, entry->key ? "" : " {}");
		add_data(text, CERTIFICATE_DATA, entry->certificate);
		add_data(text, "client-key-data", entry->key);
		return;
	}
}

static void add_whole(struct buf *text, const struct kube_entry *entry)
{
	buf_adds(text, "apiVersion: v1\nkind: Config\n");
	for (int list = 0; list < LISTS; list++) {
		buf_addf(text, "%s:\n", list_keys[list]);
		add_item(text, list, entry);
	}
	buf_addf(text, CURRENT ": %s\n", entry->name);
}

char *kubeconfig_text(const struct kube_entry *entry)
{
	AUTO(buf) text = BUF_INIT;

	add_whole(&text, entry);
	return buf_steal(&text);
}

/* ------------------------------------------------------------------ a file as text and as what it means */

struct config {
	const char *origin;
	struct buf text;
	yaml_document_t doc;
	bool is_parsed;
	yaml_node_t *root; /* NULL: the text holds no document */
};

static void forget_document(struct config *config)
{
	if (config->is_parsed)
		yaml_document_delete(&config->doc);
	config->is_parsed = false;
	config->root = NULL;
}

static void config_release(struct config *config)
{
	forget_document(config);
	buf_release(&config->text);
}

static int refuse(const struct config *config, size_t line, const char *why, struct error **err)
{
	error_set(err, ERROR_SYSTEM, "%s, line %zu: %s", config->origin, line + 1, why);
	return error_hint(err, "take another file: --file FILE, which KUBECONFIG can name beside this one");
}

/* libyaml (0.2.5) begins a line at these, too. */
static const char *odd_line_end(const char *text)
{
	static const char *const ends[] = { "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9" };
	const char *cr;

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (strstr(text, ends[i]) != NULL)
			return ends[i];
	for (cr = strchr(text, '\r'); cr != NULL && cr[1] == '\n';)
		cr = strchr(cr + 1, '\r');
	return cr;
}

/* What an event changes in the depth. */
static int step_of(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return 1;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return -1;
	default:
		return 0;
	}
}

/* Before anything is built of it: one plain document of little depth. */
static int scan(const struct config *config, yaml_parser_t *parser, struct error **err)
{
	int depth = 0, documents = 0, rc = 0;
	bool ended = false;

	while (rc == 0 && !ended) {
		yaml_event_t event;

		if (yaml_parser_parse(parser, &event) == 0)
			return refuse(config, parser->problem_mark.line, "not YAML", err);
		depth += step_of(&event);
		documents += event.type == YAML_DOCUMENT_START_EVENT;
		ended = event.type == YAML_STREAM_END_EVENT;
		if (yaml_is_marked(&event))
			rc = refuse(config, event.start_mark.line,
				    "anchors (&), aliases (*) and tags (!) are more than this program changes safely",
				    err);
		else if (depth > DEPTH_MAX)
			rc = refuse(config, event.start_mark.line, "nested too deep", err);
		else if (documents > 1)
			rc = refuse(config, event.start_mark.line, "a second document begins here", err);
		yaml_event_delete(&event);
	}
	return rc;
}

static int check_root(struct config *config, struct error **err)
{
	const yaml_node_t *root = config->root;

	if (root == NULL)
		return 0;
	if (root->type != YAML_MAPPING_NODE)
		return refuse(config, root->start_mark.line, "not a configuration of kubectl's", err);
	if (root->data.mapping.style == YAML_FLOW_MAPPING_STYLE || root->start_mark.column != 0)
		return refuse(config, root->start_mark.line,
			      "JSON and keys that do not begin a line are more than this program changes safely", err);
	return 0;
}

static void open_parser(const struct config *config, yaml_parser_t *parser)
{
	yaml_parser_initialize(parser);
	yaml_parser_set_input_string(parser, (const unsigned char *)buf_str(&config->text), config->text.len);
	yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
}

static int parse(struct config *config, struct error **err)
{
	const char *odd = odd_line_end(buf_str(&config->text));
	yaml_parser_t parser;
	int rc;

	forget_document(config);
	if (strlen(buf_str(&config->text)) != config->text.len || odd != NULL)
		return refuse(config, 0, "it holds NUL bytes or unusual ends of lines", err);
	open_parser(config, &parser);
	rc = scan(config, &parser, err);
	yaml_parser_delete(&parser);
	if (rc < 0)
		return -1;
	open_parser(config, &parser);
	config->is_parsed = yaml_parser_load(&parser, &config->doc) != 0;
	rc = config->is_parsed ? 0 : refuse(config, parser.problem_mark.line, "not YAML", err);
	yaml_parser_delete(&parser);
	if (rc < 0)
		return -1;
	config->root = yaml_document_get_root_node(&config->doc);
	return check_root(config, err);
}

/* ------------------------------------------------------------------ nodes */

static yaml_node_t *node_at(struct config *config, int index)
{
	return yaml_document_get_node(&config->doc, index);
}

static const char *scalar(const yaml_node_t *node)
{
	return node != NULL && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

static bool is_key(const yaml_node_t *node, const char *key)
{
	const char *text = scalar(node);

	return text != NULL && streq(text, key);
}

/* The pair of a mapping with this key; NULL when there is none. */
static const yaml_node_pair_t *find_pair(struct config *config, const yaml_node_t *mapping, const char *key)
{
	if (mapping == NULL || mapping->type != YAML_MAPPING_NODE)
		return NULL;
	for (const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
	     pair < mapping->data.mapping.pairs.top; pair++)
		if (is_key(node_at(config, pair->key), key))
			return pair;
	return NULL;
}

static bool has_name(struct config *config, int item, const char *name)
{
	const yaml_node_pair_t *pair = find_pair(config, node_at(config, item), "name");

	return pair != NULL && is_key(node_at(config, pair->value), name);
}

static size_t item_count(const yaml_node_t *node)
{
	if (node->type != YAML_SEQUENCE_NODE)
		return 0;
	return (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
}

/* Nothing stands there: null, or a list of nothing. */
static bool is_empty(const yaml_node_t *node)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };
	const char *text = scalar(node);

	if (node->type == YAML_SEQUENCE_NODE)
		return item_count(node) == 0;
	for (size_t i = 0; text != NULL && i < ARRAY_LEN(nulls); i++)
		if (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && streq(text, nulls[i]))
			return true;
	return false;
}

/* The last line with something of this node; what ends a block in libyaml is the next token, after all comments. */
static size_t last_line(struct config *config, const yaml_node_t *node)
{
	size_t last = node->start_mark.line;

	if (node->type == YAML_SCALAR_NODE ||
	    (node->type == YAML_SEQUENCE_NODE && node->data.sequence.style == YAML_FLOW_SEQUENCE_STYLE) ||
	    (node->type == YAML_MAPPING_NODE && node->data.mapping.style == YAML_FLOW_MAPPING_STYLE)) {
		bool before = node->end_mark.column == 0 && node->end_mark.line > node->start_mark.line;

		return node->end_mark.line - before;
	}
	for (size_t i = 0; i < item_count(node); i++) {
		size_t line = last_line(config, node_at(config, node->data.sequence.items.start[i]));

		last = line > last ? line : last;
	}
	if (node->type != YAML_MAPPING_NODE)
		return last;
	for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		size_t line = last_line(config, node_at(config, pair->value));
		size_t key = last_line(config, node_at(config, pair->key));

		last = line > last ? line : last;
		last = key > last ? key : last;
	}
	return last;
}

/* ------------------------------------------------------------------ lines */

/* Where a line begins; the end of the text when it has no such line. */
static size_t offset_of(const char *text, size_t line)
{
	const char *at = text;

	for (; line > 0 && *at != '\0'; line--) {
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
	return (size_t)(at - text);
}

/* Puts words in the place of lines from..to-1. */
static void replace_lines(struct config *config, size_t from, size_t to, const char *words)
{
	const char *text = buf_str(&config->text);
	size_t begin = offset_of(text, from), end = offset_of(text, to);
	AUTO(buf) edited = BUF_INIT;

	buf_add(&edited, text, begin);
	if (edited.len > 0 && edited.data[edited.len - 1] != '\n' && *words != '\0')
		buf_adds(&edited, "\n");
	buf_adds(&edited, words);
	buf_adds(&edited, text + end);
	buf_release(&config->text);
	config->text = edited;
	edited = (struct buf)BUF_INIT;
}

static void append(struct config *config, const char *words)
{
	replace_lines(config, SIZE_MAX, SIZE_MAX, words);
}

/* The text of one or more lines, each behind so many blanks. */
static char *indented(const char *text, size_t columns)
{
	AUTO(buf) lines = BUF_INIT;

	while (*text != '\0') {
		size_t len = strcspn(text, "\n") + 1;

		buf_addf(&lines, "%*s%.*s", (int)columns, "", (int)len, text);
		text += len;
	}
	return buf_steal(&lines);
}

/* ------------------------------------------------------------------ editing */

/* A list of the file that is to have an item of this name, or none. */
struct edit {
	const char *key, *name;
	const char *item; /* NULL: it is to go */
};

static bool is_once(struct config *config, const char *key)
{
	int times = 0;

	for (const yaml_node_pair_t *pair = config->root->data.mapping.pairs.start;
	     pair < config->root->data.mapping.pairs.top; pair++)
		times += is_key(node_at(config, pair->key), key);
	return times <= 1;
}

/* The dash of an item must begin its line. */
static bool begins_line(const struct config *config, const yaml_node_t *list, const yaml_node_t *item)
{
	const char *line = buf_str(&config->text) + offset_of(buf_str(&config->text), item->start_mark.line);

	return strspn(line, " ") == list->start_mark.column && line[list->start_mark.column] == '-';
}

/* "key: []" of what was "key:". */
static void mark_empty(struct config *config, const yaml_node_t *key)
{
	size_t begin = offset_of(buf_str(&config->text), key->start_mark.line), len;
	const char *line = buf_str(&config->text) + begin, *colon = strchr(line + key->end_mark.column, ':');
	autofree char *words = NULL;

	len = strcspn(line, "\n");
	if (colon == NULL || colon >= line + len)
		return; /* cannot be; the comparison at the end would see it */
	words = xasprintf("%.*s []%.*s\n", (int)(colon + 1 - line), line, (int)(line + len - colon - 1), colon + 1);
	replace_lines(config, key->start_mark.line, key->start_mark.line + 1, words);
}

static int edit_items(struct config *config, const struct edit *edit, const yaml_node_t *key, const yaml_node_t *list,
		      struct error **err)
{
	const yaml_node_t *last = node_at(config, list->data.sequence.items.top[-1]), *ours = NULL;
	autofree char *words = edit->item ? indented(edit->item, list->start_mark.column) : xstrdup("");

	for (size_t i = 0; i < item_count(list); i++) {
		int item = list->data.sequence.items.start[i];
		const yaml_node_t *node = node_at(config, item);

		if (!begins_line(config, list, node))
			return refuse(config, node->start_mark.line, "an item that does not begin its line", err);
		if (!has_name(config, item, edit->name))
			continue;
		if (ours != NULL)
			return refuse(config, node->start_mark.line, "a second item of the same name", err);
		ours = node;
	}
	if (ours != NULL)
		replace_lines(config, ours->start_mark.line, last_line(config, ours) + 1, words);
	else if (edit->item != NULL)
		replace_lines(config, last_line(config, last) + 1, last_line(config, last) + 1, words);
	if (ours != NULL && edit->item == NULL && item_count(list) == 1)
		mark_empty(config, key);
	return 0;
}

static int edit_list(struct config *config, const struct edit *edit, struct error **err)
{
	const yaml_node_pair_t *pair;
	const yaml_node_t *key, *value;
	autofree char *whole = edit->item ? xasprintf("%s:\n%s", edit->key, edit->item) : NULL;

	if (parse(config, err) < 0)
		return -1;
	pair = find_pair(config, config->root, edit->key);
	if (pair == NULL) {
		if (whole != NULL)
			append(config, whole);
		return 0;
	}
	key = node_at(config, pair->key);
	value = node_at(config, pair->value);
	if (!is_once(config, edit->key))
		return refuse(config, key->start_mark.line, "a key that is there twice", err);
	if (is_empty(value)) {
		if (whole != NULL)
			replace_lines(config, key->start_mark.line, last_line(config, value) + 1, whole);
		return 0;
	}
	if (value->type != YAML_SEQUENCE_NODE || value->data.sequence.style == YAML_FLOW_SEQUENCE_STYLE)
		return refuse(config, key->start_mark.line, "not a list with an item on each line", err);
	return edit_items(config, edit, key, value, err);
}

/* The name is to be the current one, or is to be it no more. */
static int edit_current(struct config *config, const char *name, bool is_it, struct error **err)
{
	autofree char *line = xasprintf(CURRENT ": %s\n", is_it ? name : "\"\"");
	const yaml_node_pair_t *pair;
	const yaml_node_t *key, *value;
	const char *now;

	if (parse(config, err) < 0)
		return -1;
	pair = find_pair(config, config->root, CURRENT);
	if (pair == NULL) {
		if (is_it)
			append(config, line);
		return 0;
	}
	key = node_at(config, pair->key);
	value = node_at(config, pair->value);
	now = scalar(value);
	if (now == NULL || !is_once(config, CURRENT))
		return refuse(config, key->start_mark.line, "not one name", err);
	if (streq(now, name) != is_it)
		replace_lines(config, key->start_mark.line, last_line(config, value) + 1, line);
	return 0;
}

/* ------------------------------------------------------------------ what it means, before and after */

static void describe(struct config *config, const yaml_node_t *node, struct buf *out)
{
	switch (node->type) {
	case YAML_SCALAR_NODE:
		buf_addf(out, "%c%zu:", node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? 'p' : 'q',
			 node->data.scalar.length);
		buf_add(out, node->data.scalar.value, node->data.scalar.length);
		return;
	case YAML_SEQUENCE_NODE:
		buf_adds(out, "[");
		for (size_t i = 0; i < item_count(node); i++)
			describe(config, node_at(config, node->data.sequence.items.start[i]), out);
		buf_adds(out, "]");
		return;
	case YAML_MAPPING_NODE:
		buf_adds(out, "{");
		for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
			describe(config, node_at(config, pair->key), out);
			describe(config, node_at(config, pair->value), out);
		}
		buf_adds(out, "}");
		return;
	case YAML_NO_NODE:
		return;
	}
}

static bool is_list_key(const yaml_node_t *key)
{
	for (int list = 0; list < LISTS; list++)
		if (is_key(key, list_keys[list]))
			return true;
	return false;
}

/* The items of one list that have the name, or those that have not. */
static void describe_items(struct config *config, const yaml_node_pair_t *pair, const char *name, bool ours,
			   struct buf *out)
{
	const yaml_node_t *value = node_at(config, pair->value);
	bool told = false;

	for (size_t i = 0; i < item_count(value); i++) {
		int item = value->data.sequence.items.start[i];

		if (has_name(config, item, name) != ours)
			continue;
		if (!told)
			describe(config, node_at(config, pair->key), out);
		told = true;
		describe(config, node_at(config, item), out);
	}
}

/* All that a file says but for this name and the current context. */
static char *meaning_of_others(struct config *config, const char *name)
{
	AUTO(buf) out = BUF_INIT;

	buf_adds(&out, "");
	if (config->root == NULL)
		return buf_steal(&out);
	for (const yaml_node_pair_t *pair = config->root->data.mapping.pairs.start;
	     pair < config->root->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = node_at(config, pair->key);

		if (is_list_key(key)) {
			describe_items(config, pair, name, false, &out);
		} else if (!is_key(key, CURRENT)) {
			describe(config, key, &out);
			describe(config, node_at(config, pair->value), &out);
		}
	}
	return buf_steal(&out);
}

/* What it says of this name, in whatever order its lists are. */
static char *meaning_of_ours(struct config *config, const char *name)
{
	AUTO(buf) out = BUF_INIT;

	buf_adds(&out, "");
	for (int list = 0; list < LISTS; list++) {
		const yaml_node_pair_t *pair = find_pair(config, config->root, list_keys[list]);

		if (pair != NULL)
			describe_items(config, pair, name, true, &out);
	}
	return buf_steal(&out);
}

/* Whatever the lines were like: others' things are as they were, ours as they are to be. */
static int check_meaning(struct config *config, const char *others, const struct kube_entry *entry, const char *name,
			 struct error **err)
{
	AUTO(config) fresh = { .origin = config->origin };
	autofree char *rest = NULL, *ours = NULL, *wanted = NULL;

	if (entry != NULL)
		add_whole(&fresh.text, entry);
	if (parse(config, err) < 0 || parse(&fresh, err) < 0)
		return -1;
	rest = meaning_of_others(config, name);
	ours = meaning_of_ours(config, name);
	wanted = meaning_of_ours(&fresh, name);
	if (streq(rest, others) && streq(ours, wanted))
		return 0;
	return refuse(config, 0, "it is written in a way that this program does not change safely", err);
}

static int edit_all(struct config *config, const struct kube_entry *entry, const char *name, struct error **err)
{
	for (int list = 0; list < LISTS; list++) {
		AUTO(buf) item = BUF_INIT;
		struct edit edit = { list_keys[list], name, NULL };

		if (entry != NULL) {
			add_item(&item, list, entry);
			edit.item = buf_str(&item);
		}
		if (edit_list(config, &edit, err) < 0)
			return -1;
	}
	return 0;
}

char *kubeconfig_merge(const char *text, size_t len, const char *origin, const struct kube_entry *entry, bool select,
		       struct error **err)
{
	AUTO(config) config = { .origin = origin };
	autofree char *others = NULL;

	buf_add(&config.text, text, len);
	if (parse(&config, err) < 0)
		return NULL;
	others = meaning_of_others(&config, entry->name);
	if (config.root == NULL) {
		AUTO(buf) whole = BUF_INIT;

		add_whole(&whole, entry);
		append(&config, buf_str(&whole));
		return buf_steal(&config.text);
	}
	if (edit_all(&config, entry, entry->name, err) < 0 ||
	    (select && edit_current(&config, entry->name, true, err) < 0) ||
	    check_meaning(&config, others, entry, entry->name, err) < 0)
		return NULL;
	return buf_steal(&config.text);
}

char *kubeconfig_without(const char *text, size_t len, const char *origin, const char *name, struct error **err)
{
	AUTO(config) config = { .origin = origin };
	autofree char *others = NULL;

	buf_add(&config.text, text, len);
	if (parse(&config, err) < 0)
		return NULL;
	others = meaning_of_others(&config, name);
	if (edit_all(&config, NULL, name, err) < 0 || edit_current(&config, name, false, err) < 0 ||
	    check_meaning(&config, others, NULL, name, err) < 0)
		return NULL;
	return config.text.len > 0 ? buf_steal(&config.text) : xstrdup("");
}

/* The item of the entry's name says something else than this PEM text. */
static bool says_other(struct config *config, const char *list, const char *name, const char *part, const char *key,
		       const struct buf *pem)
{
	const yaml_node_pair_t *pair = find_pair(config, config->root, list);
	const yaml_node_t *items = pair ? node_at(config, pair->value) : NULL;
	autofree char *data = base64_encode(buf_str(pem), pem->len);

	for (size_t i = 0; items != NULL && i < item_count(items); i++) {
		int item = items->data.sequence.items.start[i];

		if (!has_name(config, item, name))
			continue;
		pair = find_pair(config, node_at(config, item), part);
		pair = pair ? find_pair(config, node_at(config, pair->value), key) : NULL;
		return pair != NULL && !is_key(node_at(config, pair->value), data);
	}
	return false;
}

bool kubeconfig_has_others(const char *text, size_t len, const struct kube_entry *entry)
{
	AUTO(config) config = { .origin = entry->name };
	autoerror struct error *ignored = NULL;

	if (entry->ca == NULL || entry->certificate == NULL)
		return false;
	buf_add(&config.text, text, len);
	if (parse(&config, &ignored) < 0)
		return false;
	return says_other(&config, "clusters", entry->name, "cluster", CA_DATA, entry->ca) ||
	       says_other(&config, "users", entry->name, "user", CERTIFICATE_DATA, entry->certificate);
}
