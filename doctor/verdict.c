#include "doctor/verdict.h"

#include <stdio.h>
#include <string.h>

#include "doctor/cause.h"
#include "doctor/reapers.h"

static const struct suspect *
first_with(const struct finding *f, enum hold hold)
{
	for (int i = 0; i < f->suspects; i++)
		if (f->suspect[i].hold == hold)
			return &f->suspect[i];
	return NULL;
}

/* What is known to help where it is not FUSE; nothing of it is done by us. */
static const char *
known_help(enum cause cause)
{
	switch (cause) {
	case CAUSE_NFS:
		return "bring the NFS server back; or umount -f the mount, then "
		       "umount -l it; a mount with fatal_neterrors= or the "
		       "shutdown file in /sys/fs/nfs/ of newer kernels ends "
		       "its waits";
	case CAUSE_CIFS:
		return "bring the SMB server back, or umount -f the mount";
	case CAUSE_9P:
		return "bring the 9p server back: there is no umount -f for it";
	case CAUSE_CEPH:
		return "bring the ceph cluster back, or umount -f the mount";
	case CAUSE_LUSTRE:
		return "bring the Lustre servers back, or umount -f the mount";
	case CAUSE_DISK:
		return "a block device does not answer: see dmesg";
	default:
		return "nothing is known that helps: its functions say more";
	}
}

static void
say_server(const struct finding *f, const struct picture *p, char *sentence,
    size_t size, char *command, size_t command_size)
{
	const struct suspect *s = first_with(f, HOLD_SERVED);
	const struct process *server = &p->tasks.process[s->server];

	snprintf(sentence, size,
	    "connection %u is served by %s[%d], which lives and does not "
	    "answer: it is left alone",
	    s->connection, server->comm, server->pid);
	snprintf(command, command_size,
	    "kill -CONT %d, if it is stopped; kill -KILL %d gives its drive up",
	    server->pid, server->pid);
}

static void
say_release(const struct finding *f, const struct picture *p, char *sentence,
    size_t size, char *command, size_t command_size)
{
	int free = 0;
	bool sure = true;

	for (int i = 0; i < f->suspects; i++)
		if (f->suspect[i].hold == HOLD_NONE) {
			free++;
			sure = sure && f->suspect[i].sure;
		}
	snprintf(sentence, size,
	    "%d connection%s whose server is dead or dying, and nobody else's: "
	    "no answer can come (%s)",
	    free, free == 1 ? "" : "s", sure ? "sure" : "by elimination");
	if (f->first != NONE)
		snprintf(command, command_size, "fini-doctor release %d",
		    p->tasks.process[f->first].pid);
}

static void
say_ask(const struct finding *f, char *sentence, size_t size, char *command,
    size_t command_size)
{
	snprintf(sentence, size,
	    "one of %d connections that nobody lives with; which one cannot "
	    "be told",
	    f->suspects);
	snprintf(command, command_size,
	    "fini-doctor release --shared %u, or another of them",
	    f->suspect[0].connection);
}

static void
say_shared(const struct finding *f, const struct picture *p, char *sentence,
    size_t size, char *command, size_t command_size)
{
	const struct suspect *s = first_with(f, HOLD_SHARED);
	const struct process *other = &p->tasks.process[s->mounter];

	snprintf(sentence, size,
	    "connection %u has no server, but %s[%d] sees it mounted and is "
	    "not ending: an abort would reach it, too",
	    s->connection, other->comm, other->pid);
	snprintf(command, command_size, "fini-doctor release --shared %u",
	    s->connection);
}

static void
say_zombie(const struct picture *p, int zombie, char *sentence, size_t size,
    char *command, size_t command_size)
{
	const struct process *child = &p->tasks.process[zombie],
			     *parent =
				 &p->tasks.process[reapers_parent(p, zombie)];

	snprintf(sentence, size,
	    "not FUSE: %s[%d] in it has ended, and its parent outside, "
	    "%s[%d], %s",
	    child->comm, child->pid, parent->comm, parent->pid,
	    parent->stopped ? "is stopped and does not reap it" :
			      "does not reap it");
	if (parent->stopped)
		snprintf(command, command_size,
		    "kill -CONT %d, so that it reaps its child; or end it: "
		    "kill -KILL %d",
		    parent->pid, parent->pid);
	else
		snprintf(command, command_size,
		    "%d must reap its child; or end it: kill -KILL %d",
		    parent->pid, parent->pid);
}

static void
say_elsewhere(const struct finding *f, const struct picture *p, char *sentence,
    size_t size, char *command, size_t command_size)
{
	int zombie = f->cause == CAUSE_ZAP && f->namespace != NONE ?
	    reapers_zombie(p, f->namespace) :
	    NONE;

	if (zombie != NONE)
		say_zombie(p, zombie, sentence, size, command, command_size);
	else if (f->cause == CAUSE_UNTOLD)
		snprintf(sentence, size,
		    "what it waits for cannot be told: no kernel function of "
		    "it could be read%s",
		    p->sight.reads_others ?
			"" :
			" (run as root, with CAP_SYS_PTRACE and "
			"CAP_SYS_ADMIN)");
	else if (!cause_is_fuse(f->cause)) {
		snprintf(sentence, size, "not FUSE (%s)", cause_name(f->cause));
		snprintf(command, command_size, "%s", known_help(f->cause));
	} else
		snprintf(sentence, size,
		    "it waits on FUSE, but no connection with a request that "
		    "waits is found%s",
		    p->sight.told ? "" :
				    " (fusectl cannot be read: run as root in "
				    "the first user namespace)");
}

void
finding_verdict(const struct finding *f, const struct picture *p,
    char *sentence, size_t size, char *command, size_t command_size)
{
	command[0] = '\0';
	switch (f->advice) {
	case ADVICE_RELEASE:
		say_release(f, p, sentence, size, command, command_size);
		break;
	case ADVICE_ASK:
		say_ask(f, sentence, size, command, command_size);
		break;
	case ADVICE_SHARED:
		say_shared(f, p, sentence, size, command, command_size);
		break;
	case ADVICE_SERVER:
		say_server(f, p, sentence, size, command, command_size);
		break;
	case ADVICE_ELSEWHERE:
		say_elsewhere(f, p, sentence, size, command, command_size);
		break;
	}
}
