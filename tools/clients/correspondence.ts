/** What the trial knows without the program: messages that come by SMTP, and what the service says of them by JMAP. */
import { randomBytes } from "node:crypto";
import { type Answer, eventually, JmapSession } from "../../test/cloud/support/jmap-session.ts";
import type { Tester } from "../conformance/people.ts";
import type { RunningService } from "../seed/running-service.ts";
import { SmtpSession } from "../send-corpus/smtp-session.ts";

const SENDER = "sender@lakeside-clinic.example";
const PATIENCE_MILLIS = 30_000;

export const sessionOf = async ({ endpoints }: RunningService, { accessToken }: Tester): Promise<JmapSession> => {
  const response = await fetch(`${endpoints.web}/jmap/session`, { headers: { authorization: `Bearer ${accessToken}` } });
  const { primaryAccounts } = (await response.json()) as { primaryAccounts: Record<string, string> };
  return new JmapSession(endpoints.web, accessToken, primaryAccounts["urn:ietf:params:jmap:mail"]!);
};

export const receive = async ({ endpoints }: RunningService, to: string, subject: string, text: string): Promise<void> => {
  const session = await SmtpSession.open(endpoints.smtp.host, endpoints.smtp.port);
  const header = [
    `From: Mair Talbot <${SENDER}>`,
    `To: ${to}`,
    `Subject: ${subject}`,
    `Message-ID: <${randomBytes(9).toString("hex")}@lakeside-clinic.example>`,
    `Date: ${new Date().toUTCString().replace("GMT", "+0000")}`,
  ];
  try {
    const { outcome } = await session.send(
      { reversePath: SENDER, recipients: [to] },
      Buffer.from(`${header.join("\r\n")}\r\n\r\n${text}\r\n`),
    );
    if (outcome !== "accepted") throw new Error(`"${subject}" was refused.`);
  } finally {
    session.close();
  }
};

/** The one Email with this subject, once it is as it should be. */
export const emailThat = (session: JmapSession, subject: string, isSo: (email: Answer) => boolean, what: string): Promise<Answer> =>
  eventually(async () => (await session.withSubject(subject)).find(isSo), PATIENCE_MILLIS, `"${subject}" ${what} by JMAP`);

export const mailboxesOf = async (session: JmapSession): Promise<{ id: string; name: string; role: string | null }[]> =>
  (await session.call("Mailbox/get", { properties: ["name", "role"] })).list;

export const subjectsWith = async (session: JmapSession, inMailbox: string, text: string): Promise<string[]> => {
  const { ids } = await session.call("Email/query", { filter: { inMailbox, text } });
  const { list } = await session.call("Email/get", { ids, properties: ["subject"] });
  return (list as { subject: string }[]).map(({ subject }) => subject);
};
