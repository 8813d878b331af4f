/* What kernel functions tell the doctor; and no escape sequence comes out. */
#include "tests/unit/unit.h"

#include "doctor/cause.h"
#include "doctor/show.h"

static void
test_stacks(void **state)
{
	static const struct {
		const char *stack;
		enum cause cause;
	} seen[] = {
		{ "[<0>] request_wait_answer+0x1c4/0x230 [fuse]\n"
		  "[<0>] __fuse_simple_request+0x10d/0x2f0\n",
		    CAUSE_ANSWER },
		{ "[<0>] rwsem_down_write_slowpath+0x2a/0x5c\n"
		  "[<0>] fuse_flush+0x8e/0x1d0\n"
		  "[<0>] filp_close+0x30/0x70\n",
		    CAUSE_BEHIND },
		{ "[<0>] fuse_dev_do_read+0x1/0x2\n", CAUSE_NONE },
		{ "[<0>] do_wait+0x60/0x100\n[<0>] kernel_wait4+0xa8/0x140\n"
		  "[<0>] zap_pid_ns_processes+0x10e/0x1c0\n",
		    CAUSE_ZAP },
		{ "[<0>] rpc_wait_bit_killable+0x11/0x70 [sunrpc]\n"
		  "[<0>] nfs4_run_open_task+0x1/0x2 [nfsv4]\n",
		    CAUSE_NFS },
		{ "[<0>] wait_for_response+0xd6/0x1a0 [cifs]\n", CAUSE_CIFS },
		{ "[<0>] p9_client_rpc+0x1/0x2 [9pnet]\n", CAUSE_9P },
		{ "[<0>] ceph_mdsc_do_request+0x1/0x2\n", CAUSE_CEPH },
		{ "[<0>] ptlrpc_set_wait+0x1/0x2 [ptlrpc]\n", CAUSE_LUSTRE },
		{ "[<0>] io_schedule+0x46/0x80\n[<0>] ext4_sync_file+0x1/0x2\n",
		    CAUSE_DISK },
		{ "[<0>] io_schedule+0x46/0x80\n[<0>] fuse_write_inode+0x1\n",
		    CAUSE_BEHIND },
		{ "[<0>] io_schedule_timeout+0x46/0x80\n", CAUSE_OTHER },
		{ "request_wait_answer", CAUSE_ANSWER }, /* wchan */
		{ "folio_wait_bit_common", CAUSE_OTHER },
		{ "", CAUSE_UNTOLD },
		{ "[", CAUSE_OTHER },
		{ "\n\n[<0>]", CAUSE_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++)
		if (cause_of(seen[i].stack) != seen[i].cause)
			fail_msg("%s: %s, not %s", seen[i].stack,
			    cause_name(cause_of(seen[i].stack)),
			    cause_name(seen[i].cause));
}

static void
test_everyday(void **state)
{
	(void)state;
	assert_true(cause_is_everyday("futex_do_wait"));
	assert_true(cause_is_everyday("poll_schedule_timeout.constprop.0"));
	assert_true(cause_is_everyday("fuse_dev_do_read"));
	assert_false(cause_is_everyday("request_wait_answer"));
	assert_false(cause_is_everyday("zap_pid_ns_processes"));
	assert_false(cause_is_everyday("do_wait")); /* an exiting init's, too */
	assert_false(cause_is_everyday(""));
}

static void
test_what_may_be_behind(void **state)
{
	(void)state;
	assert_true(cause_may_be_behind("rwsem_down_write_slowpath"));
	assert_true(cause_may_be_behind("folio_wait_bit_common"));
	assert_true(cause_may_be_behind("filename_create"));
	assert_true(cause_may_be_behind("do_renameat2"));
	assert_false(cause_may_be_behind("io_schedule_timeout"));
	assert_false(cause_may_be_behind("rename"));
	assert_false(cause_may_be_behind("?"));
}

static void
test_harmless(void **state)
{
	char long_one[5000];

	(void)state;
	assert_string_equal(harmless("a b"), "a b");
	assert_string_equal(harmless("\n\033[31m\"\\\x7f\xc2\x9b"),
	    "\\012\\033[31m\\042\\134\\177\\302\\233");
	memset(long_one, '\n', sizeof(long_one) - 1);
	long_one[sizeof(long_one) - 1] = '\0';
	assert_true(strlen(harmless(long_one)) < 1024);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stacks),
		cmocka_unit_test(test_everyday),
		cmocka_unit_test(test_what_may_be_behind),
		cmocka_unit_test(test_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
