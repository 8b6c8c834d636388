/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The terminal gives each key at once and echoes none. Ctrl-C and Ctrl-Z stay signals: what they do to the job is the
 * same as always. All signals are let in only while a key is waited for, so that none comes amid a drawing.
 */
#include "cli/choose.h"

#include <errno.h>
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include "base/cancel.h"
#include "cli/terminal.h"

/* A key that is an escape sequence comes in one piece; what comes later is another key. */
#define SEQUENCE_MS 50

#define HIDE_CURSOR "\033[?25l"
#define LEAVE TERMINAL_CLEAR_BELOW "\033[?25h"

/* Their default is what is to happen, but not to a terminal that is ours. */
static const int give_back[] = { SIGTSTP, SIGQUIT };

/* For the signal handlers. */
static struct {
	int terminal;
	struct termios before;
	volatile sig_atomic_t has_changed; /* the size, or who had the terminal meanwhile */
} shown;

int choose_terminal(const struct settings *settings)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || settings->dumb_terminal)
		return -1;
	return open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
}

static void write_terminal(const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t put = write(shown.terminal, bytes, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return; /* it is gone; the read tells */
		bytes += put;
		len -= (size_t)put;
	}
}

static void take_terminal(void)
{
	struct termios raw = shown.before;

	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN);
	raw.c_iflag &= ~(tcflag_t)IXON;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	raw.c_cc[VQUIT] = _POSIX_VDISABLE; /* it would end us as we are */
	tcsetattr(shown.terminal, TCSADRAIN, &raw);
	write_terminal(HIDE_CURSOR, sizeof(HIDE_CURSOR) - 1);
}

static void give_terminal_back(void)
{
	write_terminal(LEAVE, sizeof(LEAVE) - 1);
	tcsetattr(shown.terminal, TCSADRAIN, &shown.before);
}

static void on_change(int sig)
{
	(void)sig;
	shown.has_changed = 1;
}

static void catch_stop(void);

/* Ctrl-Z, and a SIGQUIT from elsewhere, which ends us: the shell gets the terminal as it was. */
static void on_stop(int sig)
{
	int errnum = errno;

	give_terminal_back();
	raise(sig);
	catch_stop();
	shown.has_changed = 1;
	errno = errnum;
}

static void catch_stop(void)
{
	const struct sigaction action = { .sa_handler = on_stop, .sa_flags = SA_RESETHAND | SA_NODEFER };

	for (size_t i = 0; i < ARRAY_LEN(give_back); i++) {
		struct sigaction old;

		sigaction(give_back[i], NULL, &old);
		if (old.sa_handler != SIG_IGN)
			sigaction(give_back[i], &action, NULL);
	}
}

static sigset_t job_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(give_back); i++)
		sigaddset(&set, give_back[i]);
	sigaddset(&set, SIGCONT);
	sigaddset(&set, SIGWINCH);
	return set;
}

static void catch_signals(void)
{
	const struct sigaction change = { .sa_handler = on_change };
	const sigset_t set = job_signals();

	cancel_catch();
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigaction(SIGCONT, &change, NULL);
	sigaction(SIGWINCH, &change, NULL);
	catch_stop();
}

static void forget_signals(void)
{
	const sigset_t set = job_signals();

	signal(SIGCONT, SIG_DFL);
	signal(SIGWINCH, SIG_DFL);
	for (size_t i = 0; i < ARRAY_LEN(give_back); i++) {
		struct sigaction old;

		sigaction(give_back[i], NULL, &old);
		if (old.sa_handler != SIG_IGN)
			signal(give_back[i], SIG_DFL);
	}
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* Keys that came, and are not read yet. One byte is taken at a time: what is typed after the choice is for the shell. */
struct keyboard {
	char bytes[32];
	size_t len;
};

static bool take_key(struct keyboard *keyboard, bool is_all, struct key *key)
{
	size_t used = keyboard->len > 0 ? key_read(keyboard->bytes, keyboard->len, is_all, key) : 0;

	keyboard->len -= used;
	memmove(keyboard->bytes, keyboard->bytes + used, keyboard->len);
	return used > 0;
}

/* The next key; false when none comes before something has changed or a signal asks us to stop. */
static bool next_key(struct keyboard *keyboard, struct key *key)
{
	struct pollfd input = { shown.terminal, POLLIN, 0 };
	bool is_all = false;

	while (!take_key(keyboard, is_all, key)) {
		int ready = cancel_poll(&input, 1, keyboard->len > 0 ? SEQUENCE_MS : -1);

		if (ready < 0)
			return false;
		if (ready > 0 && read(shown.terminal, keyboard->bytes + keyboard->len, 1) <= 0) {
			key->code = KEY_CANCEL; /* the terminal is gone */
			return true;
		}
		keyboard->len += ready > 0;
		is_all = ready == 0 || keyboard->len == sizeof(keyboard->bytes);
	}
	return true;
}

static void draw(struct chooser *chooser, struct terminal_area *area, bool coloured)
{
	const struct winsize size = terminal_size(shown.terminal);
	AUTO(buf) frame = BUF_INIT;
	AUTO(buf) bytes = BUF_INIT;
	size_t lines = chooser_frame(&frame, chooser, size.ws_col, size.ws_row, coloured);

	terminal_add_frame(&bytes, area, buf_str(&frame), lines, &size);
	write_terminal(bytes.data, bytes.len);
}

static void run(struct chooser *chooser, bool coloured)
{
	struct terminal_area area = { 0 };
	struct keyboard keyboard = { .len = 0 };

	while (chooser->end == CHOOSER_OPEN && cancel_signal() == 0) {
		struct key key = { .code = KEY_NONE };

		draw(chooser, &area, coloured);
		if (next_key(&keyboard, &key)) {
			chooser_press(chooser, key);
		} else if (shown.has_changed) {
			shown.has_changed = 0;
			area.rows = 0; /* a shell may have written here */
			take_terminal();
		}
	}
}

int choose(int terminal, struct chooser *chooser, bool coloured, struct error **err)
{
	shown.terminal = terminal;
	if (tcgetattr(terminal, &shown.before) < 0)
		return error_errno(err, "cannot use the terminal");
	catch_signals();
	take_terminal();
	run(chooser, coloured);
	give_terminal_back();
	forget_signals();
	return cancel_check(err);
}
