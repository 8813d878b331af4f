/* Which container it is: by cgroup, by its parent, by what it is called. */
#include "tests/unit/unit.h"

#include <sys/stat.h>

#include "doctor/container.h"
#include "doctor/picture.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
test_cgroups(void **state)
{
	static const struct {
		const char *path, *engine;
	} seen[] = {
		{ "0::/docker/" ID "\n", "docker" },
		{ "0::/system.slice/docker-" ID ".scope\n", "docker" },
		{ "0::/machine.slice/libpod-" ID ".scope/container\n",
		    "podman" },
		{ "0::/kubepods.slice/kubepods-pod01234567_89ab.slice/"
		  "cri-containerd-" ID ".scope (deleted)\n",
		    "kubernetes" },
		{ "12:freezer:/docker/" ID "\n11:cpu:/docker/" ID "\n0::/\n",
		    "docker" },
	};
	char id[96], engine[24];

	(void)state;
	for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
		assert_true(container_in_cgroup(seen[i].path, id, sizeof(id),
		    engine, sizeof(engine)));
		assert_string_equal(id, ID);
		assert_string_equal(engine, seen[i].engine);
	}
	assert_false(container_in_cgroup("0::/\n", id, sizeof(id), engine,
	    sizeof(engine)));
	assert_false(container_in_cgroup("0::/user.slice/" ID "0\n", id,
	    sizeof(id), engine, sizeof(engine)));
	assert_false(container_in_cgroup("", id, sizeof(id), engine,
	    sizeof(engine)));
}

static void
test_parents(void **state)
{
	static const char conmon[] =
	    "/usr/bin/conmon\0--api-version\0001\0-c\0" ID "\0-u\0" ID
	    "\0-n\0web\0--exit-dir\0/x";
	static const char shim[] = "/usr/bin/containerd-shim-runc-v2\0"
				   "-namespace\0moby\0-id\0" ID;
	static const char no_id[] = "conmon\0--version\0-n";
	struct pidns n = { .engine = "" };

	(void)state;
	container_of_parent(&n, "conmon", conmon, sizeof(conmon));
	assert_string_equal(n.container, ID);
	assert_string_equal(n.name, "web");
	assert_string_equal(n.engine, "podman");
	n = (struct pidns){ .container = "b", .engine = "cri-o" };
	container_of_parent(&n, "conmon", conmon, sizeof(conmon));
	assert_string_equal(n.container, "b"); /* by the cgroup */
	assert_string_equal(n.name, "web");
	assert_string_equal(n.engine, "cri-o");
	n = (struct pidns){ .engine = "" };
	container_of_parent(&n, "containerd-shim", shim, sizeof(shim));
	assert_string_equal(n.container, ID);
	assert_string_equal(n.name, "");
	assert_string_equal(n.engine, "docker");
	n = (struct pidns){ .engine = "" };
	container_of_parent(&n, "conmon", no_id, sizeof(no_id));
	container_of_parent(&n, "bash", conmon, sizeof(conmon));
	assert_string_equal(n.container, "");
	assert_string_equal(n.name, "");
	assert_string_equal(n.engine, "");
}

static void
test_names(void **state)
{
	struct picture *p = picture_new();

	(void)state;
	assert_non_null(p);
	p->tasks.process[0].pid = 123;
	p->tasks.namespace[0] =
	    (struct pidns){ .init = 0, .container = ID, .name = "web" };
	assert_true(container_is(p, 0, ID, "/nowhere"));
	assert_true(container_is(p, 0, "0123456789ab", "/nowhere"));
	assert_false(container_is(p, 0, "0123456789a", "/nowhere"));
	assert_false(container_is(p, 0, "123456789abc", "/nowhere"));
	assert_true(container_is(p, 0, "web", "/nowhere"));
	assert_false(container_is(p, 0, "we", "/nowhere"));
	assert_true(container_is(p, 0, "123", "/nowhere"));
	assert_false(container_is(p, 0, "12", "/nowhere"));
	p->tasks.namespace[0].name[0] = '\0';
	assert_false(container_is(p, 0, "", "/nowhere"));
}

/* What dockerd has written of container ID, with so many bytes before its name. */
static void
write_config(const char *root, int before)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/containers", root);
	(void)mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/containers/" ID, root);
	(void)mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/containers/" ID "/config.v2.json",
	    root);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "{\"Env\":[\"%*s\"],\"Name\":\"/db\"}", before, "=");
	assert_int_equal(fclose(file), 0);
}

static void
remove_config(const char *root)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/containers/" ID "/config.v2.json",
	    root);
	assert_int_equal(unlink(path), 0);
	for (int i = 0; i < 3; i++) {
		*strrchr(path, '/') = '\0';
		assert_int_equal(rmdir(path), 0);
	}
}

/* Its name comes after its environment, which may be long. */
static void
test_names_of_docker(void **state)
{
	static const int pieces[] = { 1, 65536, 131072, 1 << 20 };
	struct picture *p = picture_new();
	char root[] = "/tmp/fini-unit.XXXXXX";

	(void)state;
	assert_non_null(p);
	assert_non_null(mkdtemp(root));
	p->tasks.namespace[0] = (struct pidns){ .init = NONE, .container = ID };
	for (size_t i = 0; i < COUNT(pieces); i++)
		for (int less = 0; less < 64 && less < pieces[i]; less++) {
			write_config(root, pieces[i] - less);
			assert_true(container_is(p, 0, "db", root));
			assert_false(container_is(p, 0, "d", root));
			assert_false(container_is(p, 0, "b", root));
		}
	remove_config(root);
}

/* The id of a container may begin with the pid of another's. */
static void
test_an_id_is_no_pid(void **state)
{
	(void)state;
	assert_true(is_pid("123", 123));
	assert_false(is_pid("123abcdef012", 123));
	assert_false(is_pid("", 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cgroups),
		cmocka_unit_test(test_parents),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_names_of_docker),
		cmocka_unit_test(test_an_id_is_no_pid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
