/**
 * CPU ms a request in a mailbox of 10,000 messages, medians measured once on a two-core machine of the kind that CI has:
 * Cyrus 3.6 over JMAP, Dovecot over IMAP.
 */
export const cyrus: Readonly<Record<string, number>> = {
  "Core/echo": 1.0,
  "newest 50 with preview": 10.8,
  "one body": 1.9,
  "changes since 10 ago": 2.6,
  "search: rare word": 3.9,
  "search: word in 5 %": 13.9,
  "search: two words": 8.6,
};

export const dovecot: Readonly<Record<string, string>> = {
  "newest 50 with preview": "0.8 (cold open 13.8)",
  "one body": "0.2",
  "search: rare word": "4 to 6 (no index 1,500)",
  "search: word in 5 %": "4 to 6 (no index 1,500)",
};

/** Octets of a peer's index for one of mail. */
export const PEER_INDEX_SHARE = 2.2;

/** What a brute-force scan of one word took there: the measure of that machine's speed. */
export const THERE = { scanMilliseconds: 6.5, scannedOctets: 17_000_000 } as const;
