/** What Email/query can sort by (RFC 8621 §4.4.2), as advertised in emailQuerySortOptions. */
export const EMAIL_SORTS = [
  "receivedAt",
  "sentAt",
  "size",
  "from",
  "to",
  "subject",
  "hasKeyword",
  "allInThreadHaveKeyword",
  "someInThreadHaveKeyword",
] as const;
