/* SPDX-License-Identifier: Apache-2.0 */
/* What callers of a runner need, whichever it is: calls, and results in words. */
#include "base/proc.h"

#include "base/log.h"

int runner_run(const struct runner *runner, struct proc_spec *spec, struct proc_result *result,
	       struct error **err)
{
	return runner->run(runner->arg, spec, result, err);
}

int runner_check(const struct runner *runner, struct proc_spec *spec, struct proc_result *result,
		 struct error **err)
{
	if (runner_run(runner, spec, result, err) < 0)
		return -1;
	return result->code == 0 ? 0 : proc_result_error(spec->purpose, result, err);
}

struct proc *runner_start(const struct runner *runner, struct proc_spec *spec, struct error **err)
{
	return runner->start(runner->arg, spec, err);
}

void runner_pump(const struct runner *runner, struct proc *const *procs, size_t count, int64_t ms)
{
	runner->pump(runner->arg, procs, count, ms);
}

bool runner_ended(const struct runner *runner, struct proc *proc)
{
	return runner->ended(runner->arg, proc);
}

void runner_stop(const struct runner *runner, struct proc *proc)
{
	runner->stop(runner->arg, proc);
}

char *proc_result_words(const struct proc_result *result)
{
	if (result->sig != 0)
		return xasprintf("killed by signal %d (%s)", result->sig, strsignal(result->sig));
	return xasprintf("exit %d", result->code);
}

/* stderr as one line, at most 500 bytes of its end: the reason stands last. */
static char *one_line(const struct buf *text)
{
	AUTO(buf) line = BUF_INIT;
	const char *from = buf_str(text);
	size_t len = text->len, max = 500;

	if (len > max) {
		from += len - max;
		len = max;
		while (len > 0 && ((unsigned char)*from & 0xc0) == 0x80) {
			from++;
			len--;
		}
	}
	for (size_t i = 0; i < len; i++) {
		bool blank = from[i] == '\n' || from[i] == '\r';

		if (!blank)
			buf_add(&line, from + i, 1);
		else if (line.len > 0 && line.data[line.len - 1] != ' ')
			buf_adds(&line, " ");
	}
	buf_trim_end(&line);
	return log_safe_text(buf_str(&line), line.len);
}

/* "PURPOSE failed (exit 1): reason"; the caller frees. */
char *proc_result_failure(const char *purpose, const struct proc_result *result)
{
	autofree char *words = proc_result_words(result);
	autofree char *reason = one_line(&result->err);

	return xasprintf("%s failed (%s)%s%s", purpose, words, *reason ? ": " : "", reason);
}

int proc_result_error(const char *purpose, const struct proc_result *result, struct error **err)
{
	autofree char *text = proc_result_failure(purpose, result);

	return error_set(err, ERROR_SYSTEM, "%s", text);
}

void proc_spec_release(struct proc_spec *spec)
{
	argv_release(&spec->argv);
	argv_release(&spec->env);
}

void proc_result_release(struct proc_result *result)
{
	buf_release(&result->out);
	buf_release(&result->err);
	*result = (struct proc_result)PROC_RESULT_INIT;
}
