/* SPDX-License-Identifier: MIT */
#include "base/id.h"

#include "tap.h"

/* The namespace for DNS names of RFC 9562. */
static const unsigned char dns[16] = { 0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4,
	0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8 };

/* Whether text has the form, in which 'x' is a hex digit, 'v' one of 89ab and the rest itself. */
static bool
has_form(const char *text, const char *form)
{
	for (; *form != '\0'; form++, text++) {
		const char *set = *form == 'x' ? "0123456789abcdef" : *form == 'v' ? "89ab" : NULL;

		if (*text == '\0' || (set != NULL ? strchr(set, *text) == NULL : *text != *form))
			return false;
	}
	return *text == '\0';
}

static void
random_uuids_have_their_form(void)
{
	char a[EV_UUID], b[EV_UUID];

	ok(ev_uuid4(a, NULL) == EV_OK && ev_uuid4(b, NULL) == EV_OK);
	ok(has_form(a, "xxxxxxxx-xxxx-4xxx-vxxx-xxxxxxxxxxxx"));
	ok_as(strcmp(a, b) != 0, "two are not the same");
	ok(ev_uuid7(a, 0x0123456789abll, NULL) == EV_OK);
	ok_as(has_form(a, "01234567-89ab-7xxx-vxxx-xxxxxxxxxxxx"),
	    "a UUIDv7 begins with its milliseconds");
	ok(ev_uuid7(b, 0x0123456789acll, NULL) == EV_OK);
	ok_as(strcmp(a, b) < 0, "UUIDv7 sort by time");
}

static void
times_out_of_range_are_kept_at_its_ends(void)
{
	char id[EV_UUID], ulid[EV_ULID];

	ok(ev_uuid7(id, -1, NULL) == EV_OK);
	ok(strncmp(id, "00000000-0000-7", 15) == 0);
	ok(ev_uuid7(id, INT64_MAX, NULL) == EV_OK);
	ok(strncmp(id, "ffffffff-ffff-7", 15) == 0);
	ok(ev_ulid(ulid, INT64_MIN, NULL) == EV_OK);
	ok(strncmp(ulid, "0000000000", 10) == 0);
	ok(ev_ulid(ulid, INT64_MAX, NULL) == EV_OK);
	ok(strncmp(ulid, "7zzzzzzzzz", 10) == 0);
}

static void
ulids_have_their_form(void)
{
	char a[EV_ULID], b[EV_ULID];

	ok(ev_ulid(a, 1469918176385, NULL) == EV_OK);
	ok_as(strncmp(a, "01aryz6s41", 10) == 0, "the time of the ULID specification's example");
	ok(strlen(a) == 26 && strspn(a, "0123456789abcdefghjkmnpqrstvwxyz") == 26);
	ok(ev_ulid(b, 1469918176386, NULL) == EV_OK);
	ok_as(strcmp(a, b) < 0, "ULIDs sort by time");
	ok(ev_ulid(b, 1469918176385, NULL) == EV_OK);
	ok_as(strcmp(a, b) != 0, "two of the same time are not the same");
}

/* Every letter of the random part turns up in its place, so that no bit is lost. */
static void
all_random_letters_occur(void)
{
	static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";
	unsigned seen[16] = { 0 };
	size_t all = 0;
	char id[EV_ULID];

	for (int i = 0; i < 2000; i++) {
		if (ev_ulid(id, 0, NULL) != EV_OK)
			break;
		for (int k = 0; k < 16; k++)
			seen[k] |= 1u << (strchr(letters, id[10 + k]) - letters);
	}
	for (int k = 0; k < 16; k++)
		all += seen[k] == 0xffffffff;
	ok(all == 16);
}

static void
named_uuids_repeat(void)
{
	struct ev_slice ab_c[] = { EV_LIT("ab"), EV_LIT("c") },
			a_bc[] = { EV_LIT("a"), EV_LIT("bc") };
	struct ev_slice none[] = { EV_LIT(""), { NULL, 0 } };
	char a[EV_UUID], b[EV_UUID];
	struct ev_digest sha1;

	ok(ev_digest_init(&sha1, "SHA1", NULL) == EV_OK);
	ok(ev_uuid5(a, &sha1, dns, ab_c, 2, NULL) == EV_OK);
	/* computed by the hashlib and uuid modules of Python */
	is_str(a, "da6c8dba-6077-5e9a-bc7e-f96380873e2a");
	ok(ev_uuid5(b, &sha1, dns, ab_c, 2, NULL) == EV_OK);
	ok_as(strcmp(a, b) == 0, "the same parts give the same id");
	ok(ev_uuid5(b, &sha1, dns, a_bc, 2, NULL) == EV_OK);
	ok_as(strcmp(a, b) != 0, "parts are not run together");
	ok(ev_uuid5(b, &sha1, dns, none, 2, NULL) == EV_OK);
	is_str(b, "da69e77e-ac68-594f-bd7a-cf7d11f002e8");
	ok(ev_uuid5(b, &sha1, dns, NULL, 0, NULL) == EV_OK);
	is_str(b, "4ebd0208-8328-5d69-8c44-ec50939c0967");
	ev_digest_fini(&sha1);
}

int
main(void)
{
	random_uuids_have_their_form();
	times_out_of_range_are_kept_at_its_ends();
	ulids_have_their_form();
	all_random_letters_occur();
	named_uuids_repeat();
	return tap_done();
}
