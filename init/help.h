/* What fini says of itself, on stdout. */
#ifndef FINI_HELP_H
#define FINI_HELP_H

void help_print(void);
void help_print_version(void);
void help_print_license(void);

#endif
