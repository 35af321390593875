/** What an EmailSubmission/set creates for a plain text message; sent at once unless it is to wait for the usual undo window. */
import { eventually, type JmapSession } from "./jmap-session.ts";

export interface Letter {
  readonly from: string;
  readonly to: readonly string[];
  readonly bcc?: readonly string[];
  readonly subject: string;
  readonly text?: string;
  readonly inReplyTo?: readonly string[];
}

export const draftOf = (letter: Letter, draftsId: string) => ({
  mailboxIds: { [draftsId]: true },
  keywords: { $draft: true, $seen: true },
  from: [{ name: null, email: letter.from }],
  to: letter.to.map((email) => ({ name: null, email })),
  ...(letter.bcc && { bcc: letter.bcc.map((email) => ({ name: null, email })) }),
  subject: letter.subject,
  ...(letter.inReplyTo && { inReplyTo: letter.inReplyTo, references: letter.inReplyTo }),
  bodyStructure: { type: "text/plain", partId: "text" },
  bodyValues: { text: { value: letter.text ?? "Good morning." } },
});

/** RFC 8621 §7: `atOnce` asks for no delay (RFC 4865, HOLDFOR). */
export const envelopeOf = ({ from, to, bcc = [] }: Letter, atOnce = true) => ({
  mailFrom: { email: from, parameters: atOnce ? { HOLDFOR: "0" } : null },
  rcptTo: [...to, ...bcc].map((email) => ({ email, parameters: null })),
});

/** Draft to Sent, as RFC 8621 §7.5.1 does it. */
export const sentPatch = (draftsId: string, sentId: string) => ({
  [`mailboxIds/${draftsId}`]: null,
  [`mailboxIds/${sentId}`]: true,
  "keywords/$draft": null,
});

/** Writes the letter and submits it; gives the submission's id. */
export const submit = async (session: JmapSession, letter: Letter, options: { readonly atOnce: boolean } = { atOnce: true }) => {
  const drafts = await session.mailboxId("drafts");
  const { list: identities } = await session.call("Identity/get");
  const { created, notCreated } = await session.call("Email/set", { create: { draft: draftOf(letter, drafts) } });
  if (!created?.draft) throw new Error(JSON.stringify(notCreated));
  const answer = await session.call("EmailSubmission/set", {
    create: { send: { emailId: created.draft.id, identityId: identities[0].id, envelope: envelopeOf(letter, options.atOnce) } },
  });
  if (!answer.created?.send) throw new Error(JSON.stringify(answer.notCreated));
  return answer.created.send.id as string;
};

/** RFC 8621 §7 DeliveryStatus of each recipient, once `isDone`. */
export const deliveryOf = (session: JmapSession, submissionId: string, isDone: (delivered: string[]) => boolean) =>
  eventually(
    async () => {
      const { list } = await session.call("EmailSubmission/get", { ids: [submissionId] });
      const statuses = (list[0].deliveryStatus ?? {}) as Record<string, { delivered: string; smtpReply: string }>;
      return isDone(Object.values(statuses).map(({ delivered }) => delivered)) ? statuses : null;
    },
    30_000,
    "the delivery status",
  );
