/* SPDX-License-Identifier: Apache-2.0 */
/* /proc as it is read: trees made up for it, and the real one. */
#include "gateway/host.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scratch.h"
#include "script.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void put(const char *path, const char *text)
{
	scratch_put(scratch("%s", path), text);
}

static void look(struct host *host)
{
	host_read(scratch("."), host);
}

/* ------------------------------------------------------------------ settings */

static void settings_are_read(void **state)
{
	AUTO(host) host;

	(void)state;
	put("proc/sys/kernel/hostname", "box\n");
	put("proc/sys/kernel/osrelease", "6.1.0-13-amd64\n");
	put("proc/sys/fs/inotify/max_user_instances", "128\n");
	put("proc/sys/fs/inotify/max_user_watches", "1048576\n");
	put("proc/sys/net/bridge/bridge-nf-call-iptables", "0\n");
	put("proc/self/ns/cgroup", "");
	look(&host);
	assert_string_equal(host.name, "box");
	assert_string_equal(host.kernel, "6.1.0-13-amd64");
	assert_int_equal(host.inotify_instances, 128);
	assert_int_equal(host.inotify_watches, 1048576);
	assert_true(host.filters_bridges);
	assert_true(host.has_cgroup_namespaces);
}

static void what_is_not_there_is_not_known(void **state)
{
	AUTO(host) host;

	(void)state;
	look(&host);
	assert_null(host.name);
	assert_null(host.kernel);
	assert_int_equal(host.inotify_instances, -1);
	assert_int_equal(host.inotify_watches, -1);
	assert_false(host.filters_bridges);
	assert_false(host.has_cgroup_namespaces);
	assert_false(host.has_routes);
	assert_null(host.kubelet);
}

static void what_is_no_number_is_not_known(void **state)
{
	static const char *const texts[] = { "", "\n", "many\n", "12x\n", "-5\n", "99999999999999999999\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(host) host;

		put("proc/sys/fs/inotify/max_user_watches", texts[i]);
		look(&host);
		if (host.inotify_watches != -1)
			fail_msg("'%s'", texts[i]);
	}
}

/* ------------------------------------------------------------------ routes */

/* The kernel prints addresses as they are in memory. */
static unsigned in_memory(const char *address)
{
	struct in_addr v4;

	assert_int_equal(inet_pton(AF_INET, address, &v4), 1);
	return v4.s_addr;
}

static char *route(const char *device, const char *destination, const char *gateway, const char *mask)
{
	return xasprintf("%s\t%08X\t%08X\t0003\t0\t0\t0\t%08X\t0\t0\t0       \n", device, in_memory(destination),
			 in_memory(gateway), in_memory(mask));
}

static void routes_are_read_without_default_ones(void **state)
{
	static const struct {
		const char *device, *destination, *mask;
	} rows[] = {
		{ "eth0", "0.0.0.0", "0.0.0.0" },
		{ "tun0", "0.0.0.0", "128.0.0.0" },
		{ "tun0", "128.0.0.0", "128.0.0.0" },
		{ "eth0", "192.0.2.0", "255.255.255.0" },
		{ "wg0", "10.0.0.0", "255.0.0.0" },
		{ "br-0123456789ab", "172.18.0.0", "255.255.0.0" },
		{ "eth0", "169.254.169.254", "255.255.255.255" },
	};
	AUTO(buf) table = BUF_INIT;
	AUTO(host) host;

	(void)state;
	buf_adds(&table, "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT       \n");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *line = route(rows[i].device, rows[i].destination, "192.0.2.1", rows[i].mask);

		buf_adds(&table, line);
	}
	buf_adds(&table, "half a line\n\n");
	put("proc/net/route", table.data);
	look(&host);
	assert_true(host.has_routes);
	assert_line(&host.routes, "'192.0.2.0/24 dev eth0' '10.0.0.0/8 dev wg0' '172.18.0.0/16 dev br-0123456789ab' "
				  "'169.254.169.254/32 dev eth0'");
}

static void an_empty_table_has_no_routes(void **state)
{
	AUTO(host) host;

	(void)state;
	put("proc/net/route", "");
	look(&host);
	assert_true(host.has_routes);
	assert_int_equal(host.routes.n, 0);
}

/* ------------------------------------------------------------------ kubelets */

static void process(int pid, const char *name, const char *cgroup)
{
	autofree char *comm = xasprintf("%s\n", name);

	scratch_put(scratch("proc/%d/comm", pid), comm);
	scratch_put(scratch("proc/%d/cgroup", pid), cgroup);
}

static void a_kubelet_of_the_host_is_found(void **state)
{
	static const char *const names[] = { "kubelet", "kubelite", "k3s-server", "k3s-agent" };

	(void)state;
	process(1, "systemd", "0::/init.scope\n");
	put("proc/meminfo", "MemTotal: 1 kB\n");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		autofree char *expected = xasprintf("%s (pid 77)", names[i]);
		AUTO(host) host;

		process(77, names[i], "0::/system.slice/snap.microk8s.daemon-kubelite.service\n");
		look(&host);
		assert_string_equal(host.kubelet, expected);
	}
}

static void a_kubelet_in_a_container_does_not_count(void **state)
{
	static const char *const cgroups[] = {
		"0::/system.slice/docker-" ID ".scope/kubelet\n",
		"9:name=systemd:/docker/" ID "\n8:pids:/docker/" ID "\n",
		"4:memory:/\n3:cpu:/openshell-test-abc/" ID "/init\n",
		"0::/user.slice/libpod-" ID ".scope\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cgroups); i++) {
		AUTO(host) host;

		process(77, "kubelet", cgroups[i]);
		look(&host);
		if (host.kubelet != NULL)
			fail_msg("%s", cgroups[i]);
	}
}

static void an_id_has_64_digits(void **state)
{
	AUTO(host) shorter;
	AUTO(host) longer;

	(void)state;
	process(77, "kubelet", "0::/session/0123456789abcdef0123456789abcdef\n");
	look(&shorter);
	assert_non_null(shorter.kubelet);
	process(77, "kubelet", "0::/session/" ID "0\n");
	look(&longer);
	assert_non_null(longer.kubelet);
}

static void other_programs_are_no_kubelets(void **state)
{
	AUTO(host) host;

	(void)state;
	process(5, "kube", "0::/\n");
	process(6, "kubelet-helper", "0::/\n");
	process(7, "", "0::/\n");
	look(&host);
	assert_null(host.kubelet);
}

/* ------------------------------------------------------------------ who listens */

static char *socket_line(const char *address, int port, const char *state, unsigned uid, unsigned long inode)
{
	AUTO(buf) local = BUF_INIT;
	unsigned words[4];
	bool v6 = strchr(address, ':') != NULL;

	assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, address, words), 1);
	for (int i = 0; i < (v6 ? 4 : 1); i++)
		buf_addf(&local, "%08X", words[i]);
	return xasprintf("   1: %s:%04X 00000000:0000 %s 00000000:00000000 00:00000000 00000000 %5u        0 %lu 1 "
			 "000000000017007b 100 0 0 10 0\n", local.data, (unsigned)port, state, uid, inode);
}

static void put_sockets(const char *file, const char *lines)
{
	autofree char *text = xasprintf("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid"
					"  timeout inode\n%s", lines);

	scratch_put(scratch("proc/net/%s", file), text);
}

static void assert_holder(const char *address, int port, const char *expected)
{
	autofree char *holder = host_port_holder(scratch("."), address, port);

	if (holder == NULL ? expected != NULL : expected == NULL || !streq(holder, expected))
		fail_msg("%s port %d: %s instead of %s", address, port, holder ? holder : "nobody",
			 expected ? expected : "nobody");
}

static void who_is_in_the_way_is_told_by_addresses(void **state)
{
	static const struct {
		const char *theirs, *ours;
		bool collides;
	} rows[] = {
		{ "127.0.0.1", "127.0.0.1", true },
		{ "0.0.0.0", "127.0.0.1", true },
		{ "::", "127.0.0.1", true },
		{ "::ffff:127.0.0.1", "127.0.0.1", true },
		{ "127.0.0.2", "127.0.0.1", false },
		{ "::1", "127.0.0.1", false },
		{ "192.0.2.7", "0.0.0.0", true },
		{ "::", "0.0.0.0", true },
		{ "::1", "0.0.0.0", false },
		{ "::1", "::1", true },
		{ "::", "::1", true },
		{ "0.0.0.0", "::1", false },
		{ "0.0.0.0", "::", true },
		{ "fd00::7", "::", true },
		{ "fd00::7", "fd00::8", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *line = socket_line(rows[i].theirs, 8080, "0A", 33, 4711);
		autofree char *holder = NULL;
		bool v6 = strchr(rows[i].theirs, ':') != NULL;

		put_sockets(v6 ? "tcp6" : "tcp", line);
		put_sockets(v6 ? "tcp" : "tcp6", "");
		holder = host_port_holder(scratch("."), rows[i].ours, 8080);
		if ((holder != NULL) != rows[i].collides)
			fail_msg("%s for %s: %s", rows[i].theirs, rows[i].ours, holder ? holder : "nobody");
		assert_holder(rows[i].ours, 8081, NULL);
	}
}

static void only_listeners_hold_a_port(void **state)
{
	static const char *const states[] = { "01", "06", "07", "0B" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		autofree char *line = socket_line("127.0.0.1", 8080, states[i], 0, 1);

		put_sockets("tcp", line);
		assert_holder("127.0.0.1", 8080, NULL);
	}
}

static void link_descriptor(int pid, int fd, const char *target)
{
	const char *path = scratch("proc/%d/fd/%d", pid, fd);

	scratch_put(scratch("proc/%d/fd/255", pid), "");
	assert_int_equal(symlink(target, path), 0);
}

static void the_process_of_the_socket_is_named(void **state)
{
	autofree char *other = socket_line("127.0.0.1", 8081, "0A", 0, 4712);
	autofree char *line = socket_line("0.0.0.0", 8080, "0A", 33, 4711);
	autofree char *both = xasprintf("%s%s", other, line);

	(void)state;
	put_sockets("tcp", both);
	process(20, "sshd", "0::/\n");
	process(123, "nginx", "0::/\n");
	link_descriptor(20, 3, "socket:[4712]");
	link_descriptor(20, 4, "socket:[47110]");
	link_descriptor(123, 0, "/dev/null");
	link_descriptor(123, 6, "socket:[4711]");
	assert_holder("127.0.0.1", 8080, "nginx (pid 123)");
	assert_holder("127.0.0.1", 8081, "sshd (pid 20)");
}

static void the_user_stands_for_a_process_that_is_not_ours_to_see(void **state)
{
	autofree char *line = socket_line("127.0.0.1", 8080, "0A", 33, 4711);

	(void)state;
	put_sockets("tcp", line);
	process(123, "nginx", "0::/\n");
	assert_holder("127.0.0.1", 8080, "a program of user 33");
}

static void a_process_without_a_name_is_a_program(void **state)
{
	autofree char *line = socket_line("127.0.0.1", 8080, "0A", 33, 4711);

	(void)state;
	put_sockets("tcp", line);
	link_descriptor(123, 6, "socket:[4711]");
	assert_holder("127.0.0.1", 8080, "a program (pid 123)");
}

static void broken_tables_name_nobody(void **state)
{
	static const char *const lines[] = { "", "\n\n", "1: 0100007F", "1: 0100007F:1F90 00000000:0000 0A",
					     "1: 7F:1F90 0:0 0A 0:0 0:0 0 0 0 1 ", "1: 0100007F 0:0 0A 0:0 0:0 0 0 0 1 " };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		put_sockets("tcp", lines[i]);
		assert_holder("127.0.0.1", 8080, NULL);
	}
	assert_holder("no address", 8080, NULL);
}

static void a_kubelets_port_tells_of_one_that_is_hidden(void **state)
{
	autofree char *line = socket_line("::", 10250, "0A", 0, 4711);
	AUTO(host) host;

	(void)state;
	put_sockets("tcp6", line);
	look(&host);
	assert_string_equal(host.kubelet, "a program of user 0, on a kubelet's port 10250,");
}

static void a_real_listener_is_found(void **state)
{
	static const int families[] = { AF_INET, AF_INET6 };
	char name[16] = "";
	autofree char *expected = NULL;

	(void)state;
	prctl(PR_GET_NAME, name); /* another one under valgrind */
	expected = xasprintf("%s (pid %d)", name, (int)getpid());
	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		int port, fd = listen_on_loopback(families[i], &port);
		autofree char *holder = NULL;

		if (fd < 0)
			continue; /* no IPv6 here */
		holder = host_port_holder("", families[i] == AF_INET ? "127.0.0.1" : "::1", port);
		close(fd);
		assert_non_null(holder);
		assert_string_equal(holder, expected);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
	static const struct CMUnitTest tests[] = {
		TEST(settings_are_read),
		TEST(what_is_not_there_is_not_known),
		TEST(what_is_no_number_is_not_known),
		TEST(routes_are_read_without_default_ones),
		TEST(an_empty_table_has_no_routes),
		TEST(a_kubelet_of_the_host_is_found),
		TEST(a_kubelet_in_a_container_does_not_count),
		TEST(an_id_has_64_digits),
		TEST(other_programs_are_no_kubelets),
		TEST(who_is_in_the_way_is_told_by_addresses),
		TEST(only_listeners_hold_a_port),
		TEST(the_process_of_the_socket_is_named),
		TEST(the_user_stands_for_a_process_that_is_not_ours_to_see),
		TEST(a_process_without_a_name_is_a_program),
		TEST(broken_tables_name_nobody),
		TEST(a_kubelets_port_tells_of_one_that_is_hidden),
		TEST(a_real_listener_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
