/* Ties what is known of a connection to the connection, not to its number. */
#ifndef FINI_PIN_H
#define FINI_PIN_H

struct fusectl;
struct population;
struct registry;

/*
 * Opens the fusectl files of the connection with index `connection`, if they
 * are not open yet, or are those of one that is gone. A number that a
 * descriptor of /dev/fuse still tells may be another's once the mount is gone;
 * what is mounted before and after the files were opened is what was opened.
 */
void pin_connection(struct registry *registry,
    const struct population *population, const struct fusectl *fusectl,
    int connection);

#endif
