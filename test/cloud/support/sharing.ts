/** Sharing over JMAP (RFC 9670), as the programs of two people do it. */
import { entryIdOf } from "../../../tools/seed/apply.ts";
import { type Answer, eventually, type JmapSession, MAIL } from "./jmap-session.ts";
import type { SmallService } from "./small-service.ts";

export const SHARING = [...MAIL, "urn:ietf:params:jmap:principals", "urn:ietf:params:jmap:mail:share"];

/** Sets what each of these people may do in the Mailbox; null takes it back. */
export const share = async (session: JmapSession, mailboxId: string, rights: Readonly<Record<string, object | null>>): Promise<void> => {
  const patch = Object.fromEntries(Object.entries(rights).map(([mail, held]) => [`shareWith/${entryIdOf(mail)}`, held]));
  const args = { accountId: session.accountId, update: { [mailboxId]: patch } };
  const { methodResponses } = await session.request([["Mailbox/set", args, "s"]], SHARING);
  const [, { updated, notUpdated }] = methodResponses[0];
  if (!updated) throw new Error(JSON.stringify(notUpdated));
};

/** What the person was told of shares, oldest first. */
export const shareNotifications = async (session: JmapSession): Promise<Answer[]> => {
  const get = ["ShareNotification/get", { accountId: session.accountId, ids: null }, "n"] as const;
  const { methodResponses } = await session.request([get], SHARING);
  return (methodResponses[0][1].list as Answer[]).toSorted((a, b) => (a.created < b.created ? -1 : 1));
};

/** Waits until neither the share stage nor the push stage has anything to do. */
export const sharesSettled = (service: SmallService): Promise<unknown> => {
  const isIdle = (queue: string) => Object.values(service.cloud.queueCounts()[queue]!).every((count) => count === 0);
  return eventually(() => isIdle("penfold-share") && isIdle("penfold-push"), 30_000, "the share and push stages to be done");
};
