/*
 * Whose is a connection? The one place that says ours or foreign.
 *
 * Foreign is what was mounted before main (the baseline), unless main inherits
 * its /dev/fuse or fdinfo shows that a process of ours serves it, and what
 * comes by propagation from outside. Ours is what is not foreign and a process
 * of ours holds /dev/fuse for: told by fdinfo from Linux 6.16, before by a
 * mount and a holder that came together. A name or a type of filesystem proves
 * nothing. Neither ours nor foreign is what is mounted while no server is seen:
 * left alone.
 */
#ifndef FINI_WHOSE_H
#define FINI_WHOSE_H

#include <stdbool.h>
#include <sys/types.h>

#include "src/base/set.h"
#include "src/proc/fdinfo.h"

struct connection;
struct mount;
struct registry;
struct server;

/* Before main is started, for each mount: what is FUSE is foreign. */
void whose_baseline(struct registry *registry, const struct mount *mount);

/*
 * Then, for each /dev/fuse that main will inherit: what it serves is not
 * foreign. Before Linux 6.16, which cannot tell which of several a descriptor
 * serves, it counts only if there is a single connection.
 */
void whose_inherited(struct registry *registry, enum device device,
    unsigned id);

/*
 * Notes a mount that a mountinfo shows; `seen_by` is whose it is, 0 for our
 * own. Before our own are noted anew they are forgotten. After it what is no
 * longer mounted and not served is forgotten: its number may come back as
 * another's. whose_settle() says whether a connection is mounted that has no
 * known server, or one is over that a process may still hold.
 */
void whose_forget_mounts(struct registry *registry);
void whose_mounted(struct registry *registry, const struct mount *mount,
    pid_t seen_by);
bool whose_settle(struct registry *registry);

/*
 * A process of ours holds /dev/fuse for connection `id`, as fdinfo tells: its
 * index, and it is ours from now on, whenever it was mounted: a script may have
 * done so before it became us by execve(2). -1 if there is no room.
 *
 * fdinfo shows that for a connection that is over as well, when its number may
 * be another's: if `server` is known to have held that one, it holds nothing
 * else unless what has the number was mounted from in here.
 */
int whose_held(struct registry *registry, unsigned id,
    const struct server *server);

/*
 * Before Linux 6.16: a connection whose mount has come, or whose server has
 * gone into the background, belongs to the processes that have come to hold
 * /dev/fuse since. Several at once cannot be told apart; each may then be any
 * one's. If they are more than the mounts, one has opened /dev/fuse and not
 * mounted yet; if their descriptors are fewer, one was not seen, as it was just
 * going into the background. Then it is a guess: for WHOSE_GUESS_MS what else is
 * mounted may be theirs as well, and who comes may serve all of it. With `rest`,
 * any holder may serve what is still unserved.
 */
#define WHOSE_GUESS_MS 3000
void whose_match_by_time(struct registry *registry, bool rest,
    long long now_ms);

/* Does a process of ours serve the connection with this number? */
bool whose_is_ours(const struct registry *registry, unsigned id);

/* Is anything known of it? */
bool whose_is_known(const struct registry *registry, unsigned id);

/*
 * Mounted while main ran, and not from outside: by a process in here that we do
 * not see.
 */
bool whose_is_unseen(const struct connection *connection);

/*
 * May this mount of a connection of ours be unmounted? Not one that came from
 * outside, even under the same number; but a server's that we made a slave.
 */
bool whose_may_unmount(const struct mount *mount, bool slaves);

#endif
