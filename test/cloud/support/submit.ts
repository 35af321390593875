/** What an EmailSubmission/set creates for a plain text message; sent at once unless it is to wait for the usual undo window. */
export interface Letter {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text?: string;
  readonly inReplyTo?: readonly string[];
}

export const draftOf = (letter: Letter, draftsId: string) => ({
  mailboxIds: { [draftsId]: true },
  keywords: { $draft: true, $seen: true },
  from: [{ name: null, email: letter.from }],
  to: letter.to.map((email) => ({ name: null, email })),
  subject: letter.subject,
  ...(letter.inReplyTo && { inReplyTo: letter.inReplyTo, references: letter.inReplyTo }),
  bodyStructure: { type: "text/plain", partId: "text" },
  bodyValues: { text: { value: letter.text ?? "Good morning." } },
});

/** RFC 8621 §7: `atOnce` asks for no delay (RFC 4865, HOLDFOR). */
export const envelopeOf = ({ from, to }: Letter, atOnce = true) => ({
  mailFrom: { email: from, parameters: atOnce ? { HOLDFOR: "0" } : null },
  rcptTo: to.map((email) => ({ email, parameters: null })),
});

/** Draft to Sent, as RFC 8621 §7.5.1 does it. */
export const sentPatch = (draftsId: string, sentId: string) => ({
  [`mailboxIds/${draftsId}`]: null,
  [`mailboxIds/${sentId}`]: true,
  "keywords/$draft": null,
});
