/* SPDX-License-Identifier: Apache-2.0 */
/* Reads registries.yaml event by event against a table of what may stand where, so its depth is the table's. */
#include "store/mirrors.h"

#include <assert.h>
#include <stdlib.h>
#include <yaml.h>

#include "base/argv.h"
#include "base/log.h"
#include "base/yaml.h"

#define ENTRIES_MAX 1000

enum shape {
	SHAPE_TEXT,
	SHAPE_SWITCH, /* true or false */
	SHAPE_URLS,   /* a list of endpoints */
	SHAPE_TEXTS,  /* any keys with texts */
	SHAPE_KEYS,   /* the keys of `inside` */
	SHAPE_NAMES,  /* any keys, each with the keys of `inside` */
};

struct rule {
	const char *key; /* NULL ends a table */
	enum shape shape;
	const struct rule *inside;
};

/* As github.com/rancher/wharfie reads it for k3s. */
static const struct rule mirror_rules[] = {
	{ "endpoint", SHAPE_URLS, NULL },
	{ "rewrite", SHAPE_TEXTS, NULL },
	{ NULL, SHAPE_TEXT, NULL },
};
static const struct rule auth_rules[] = {
	{ "username", SHAPE_TEXT, NULL },
	{ "password", SHAPE_TEXT, NULL },
	{ "auth", SHAPE_TEXT, NULL },
	{ "identity_token", SHAPE_TEXT, NULL },
	{ NULL, SHAPE_TEXT, NULL },
};
static const struct rule tls_rules[] = {
	{ "ca_file", SHAPE_TEXT, NULL },
	{ "cert_file", SHAPE_TEXT, NULL },
	{ "key_file", SHAPE_TEXT, NULL },
	{ "insecure_skip_verify", SHAPE_SWITCH, NULL },
	{ NULL, SHAPE_TEXT, NULL },
};
static const struct rule config_rules[] = {
	{ "auth", SHAPE_KEYS, auth_rules },
	{ "tls", SHAPE_KEYS, tls_rules },
	{ NULL, SHAPE_TEXT, NULL },
};
static const struct rule top_rules[] = {
	{ "mirrors", SHAPE_NAMES, mirror_rules },
	{ "configs", SHAPE_NAMES, config_rules },
	{ NULL, SHAPE_TEXT, NULL },
};

struct reader {
	yaml_parser_t parser;
	yaml_event_t event; /* the current one */
	const char *origin;
	struct error **err;
};

static void reader_release(struct reader *reader)
{
	yaml_event_delete(&reader->event);
	yaml_parser_delete(&reader->parser);
}

static int PRINTF(2, 3) wrong(struct reader *reader, const char *fmt, ...)
{
	autofree char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	what = xvasprintf(fmt, ap);
	va_end(ap);
	return error_set(reader->err, ERROR_USAGE, "%s, line %zu: %s", reader->origin,
			 reader->event.start_mark.line + 1, what);
}

static int next(struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;

	yaml_event_delete(&reader->event);
	if (yaml_parser_parse(&reader->parser, &reader->event) == 0) {
		/* errors of the encoding have no mark of their own */
		size_t line = parser->error == YAML_READER_ERROR ? parser->mark.line : parser->problem_mark.line;

		return error_set(reader->err, ERROR_USAGE, "%s, line %zu: not YAML: %s", reader->origin, line + 1,
				 parser->problem ? parser->problem : "out of memory");
	}
	if (yaml_is_marked(&reader->event))
		return wrong(reader, "anchors (&), aliases (*) and tags (!) are not taken");
	return 0;
}

/* The current event's text; NULL when it is no scalar. */
static const char *scalar(const struct reader *reader)
{
	return reader->event.type == YAML_SCALAR_EVENT ? (const char *)reader->event.data.scalar.value : NULL;
}

static bool is_plain_word(const struct reader *reader, const char *const *words)
{
	const char *text = scalar(reader);

	if (text == NULL || reader->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	while (*words != NULL && !streq(text, *words))
		words++;
	return *words != NULL;
}

/* A key without a value, which k3s takes for one that is not there. */
static bool is_null(const struct reader *reader)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL", NULL };

	return is_plain_word(reader, words);
}

static int read_text(struct reader *reader)
{
	const char *text = scalar(reader);

	if (text == NULL)
		return wrong(reader, "a text is expected here");
	if (strlen(text) != reader->event.data.scalar.length)
		return wrong(reader, "a text holds a NUL byte");
	return 0;
}

static int read_switch(struct reader *reader)
{
	/* the words of YAML 1.1, which k3s' parser keeps to */
	static const char *const words[] = {
		"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y",
		"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N", NULL,
	};

	return is_plain_word(reader, words) ? 0 : wrong(reader, "true or false is expected here, without quotes");
}

/* [http[s]://]HOST[:PORT][/PATH] */
static bool is_endpoint(const char *text)
{
	const char *host = strstr(text, "://");

	for (const char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return false;
	if (host != NULL && !str_starts(text, "http://") && !str_starts(text, "https://"))
		return false;
	host = host != NULL ? host + strlen("://") : text;
	return *host != '\0' && *host != '/' && *host != ':';
}

static int read_urls(struct reader *reader)
{
	if (reader->event.type != YAML_SEQUENCE_START_EVENT)
		return wrong(reader, "a list of endpoints is expected here (- https://HOST)");
	for (;;) {
		if (next(reader) < 0)
			return -1;
		if (reader->event.type == YAML_SEQUENCE_END_EVENT)
			return 0;
		if (read_text(reader) < 0)
			return -1;
		if (!is_endpoint(scalar(reader)))
			return wrong(reader, "this is no endpoint (http://HOST[:PORT] or https://HOST[:PORT])");
	}
}

static int read_key(struct reader *reader, struct argv *seen)
{
	const char *key = scalar(reader);
	autofree char *shown = key ? log_safe_text(key, strlen(key)) : NULL;

	if (key == NULL || *key == '\0')
		return wrong(reader, "a key is expected here");
	if (read_text(reader) < 0)
		return -1;
	if (streq(key, "<<"))
		return wrong(reader, "merges (<<) are not taken");
	if (argv_contains(seen, key))
		return wrong(reader, "'%s' is there twice", shown);
	if (seen->n == ENTRIES_MAX)
		return wrong(reader, "more than %d entries", ENTRIES_MAX);
	argv_add(seen, key);
	return 0;
}

/* What the value of this key is to be: *rule. */
static int find_rule(struct reader *reader, const char *key, enum shape shape, const struct rule *inside,
		     struct rule *rule)
{
	autofree char *shown = log_safe_text(key, strlen(key));
	const struct rule *known = inside;

	*rule = (struct rule){ key, shape == SHAPE_NAMES ? SHAPE_KEYS : SHAPE_TEXT, inside };
	if (shape != SHAPE_KEYS)
		return 0;
	while (known->key != NULL && !streq(known->key, key))
		known++;
	if (known->key == NULL)
		return wrong(reader, "'%s' is not known here", shown);
	*rule = *known;
	return 0;
}

static int read_value(struct reader *reader, enum shape shape, const struct rule *inside);

static int read_mapping(struct reader *reader, enum shape shape, const struct rule *inside)
{
	AUTO(argv) seen = ARGV_INIT;
	struct rule rule;

	if (reader->event.type != YAML_MAPPING_START_EVENT)
		return wrong(reader, "keys with values are expected here (KEY: VALUE)");
	for (;;) {
		if (next(reader) < 0)
			return -1;
		if (reader->event.type == YAML_MAPPING_END_EVENT)
			return 0;
		if (read_key(reader, &seen) < 0 ||
		    find_rule(reader, seen.v[seen.n - 1], shape, inside, &rule) < 0 ||
		    next(reader) < 0 || read_value(reader, rule.shape, rule.inside) < 0)
			return -1;
	}
}

static int read_value(struct reader *reader, enum shape shape, const struct rule *inside)
{
	if (is_null(reader))
		return 0;
	switch (shape) {
	case SHAPE_TEXT:
		return read_text(reader);
	case SHAPE_SWITCH:
		return read_switch(reader);
	case SHAPE_URLS:
		return read_urls(reader);
	default:
		return read_mapping(reader, shape, inside);
	}
}

static int read_document(struct reader *reader)
{
	if (next(reader) < 0 || next(reader) < 0) /* the stream's start, then the document's */
		return -1;
	if (reader->event.type == YAML_STREAM_END_EVENT)
		return error_set(reader->err, ERROR_USAGE, "%s: is empty", reader->origin);
	if (next(reader) < 0)
		return -1;
	if (is_null(reader))
		return error_set(reader->err, ERROR_USAGE, "%s: is empty", reader->origin);
	if (read_value(reader, SHAPE_KEYS, top_rules) < 0 || next(reader) < 0 || next(reader) < 0)
		return -1;
	if (reader->event.type != YAML_STREAM_END_EVENT)
		return wrong(reader, "a second document begins here; k3s reads one");
	return 0;
}

int mirrors_check(const char *text, size_t len, const char *origin, struct error **err)
{
	AUTO(reader) reader = { .origin = origin, .err = err };

	if (yaml_parser_initialize(&reader.parser) == 0)
		return error_set(err, ERROR_SYSTEM, "%s: out of memory", origin);
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, len);
	return read_document(&reader);
}
