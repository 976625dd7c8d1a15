/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lab guest's network card: it sends back what a pinger sends. */
#ifndef LAB_GUEST_CARD_H
#define LAB_GUEST_CARD_H

/* Looks for the card; without one card_poll() does nothing. */
void card_init(void);

/* Answers the frames that have come, at most as many as the card holds. */
void card_poll(void);

#endif
