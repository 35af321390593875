/**
 * The whole way in a few seconds: start, sign in, push, share a Mailbox and hear of mail in it, receive by SMTP (for one person and for
 * nobody), traces, submit to a colleague and outside, delivery status.
 */
import type { ReceiptId } from "../../../core/ids.ts";
import type { CloudOptions } from "../../../local/cloud.ts";
import { type Answer, eventually } from "./jmap-session.ts";
import { share, shareNotifications } from "./sharing.ts";
import { at, bootSmallService, type SmallService, textMessage } from "./small-service.ts";
import { submit } from "./submit.ts";

const nia = at("nia.hart");
const owen = at("owen.reid");
const nobody = at("nobody");
const outside = "letters@lakeside-clinic.example";

export type Step = "start" | "sign in" | "push" | "share" | "hear" | "receive" | "notice" | "trace" | "submit" | "arrive" | "status";

export interface Probed {
  /** Null: all went well. */
  readonly failed: { readonly step: Step; readonly reason: string } | null;
  readonly slowestMilliseconds: number;
}

/** Stops at the first step that fails, or takes longer than `patienceMilliseconds`. */
export const probe = async (options: Partial<CloudOptions>, patienceMilliseconds: number): Promise<Probed> => {
  let step: Step = "start";
  let slowestMilliseconds = 0;
  let service: SmallService | null = null;
  const run = async <Value>(name: Step, work: () => Promise<Value>): Promise<Value> => {
    step = name;
    const begun = performance.now();
    const value = await work();
    if (name !== "start") slowestMilliseconds = Math.max(slowestMilliseconds, performance.now() - begun);
    return value;
  };
  try {
    service = await run("start", () => bootSmallService({ people: { "nia.hart": [], "owen.reid": [] } }, options));
    await runSteps(service, run, patienceMilliseconds);
    return { failed: null, slowestMilliseconds };
  } catch (error) {
    return { failed: { step, reason: (error as Error).message }, slowestMilliseconds };
  } finally {
    await service?.stop();
  }
};

type Run = <Value>(name: Step, work: () => Promise<Value>) => Promise<Value>;

const runSteps = async (service: SmallService, run: Run, patience: number): Promise<void> => {
  const [mine, theirs] = await run("sign in", async () => {
    const sessions = [await service.signIn(nia), await service.signIn(owen)] as const;
    for (const session of sessions) await session.mailboxId("inbox");
    return sessions;
  });
  const push = await run("push", () => mine.listen());
  const listening = await theirs.listen();
  const shared = await run("share", async () => {
    const { created } = await mine.call("Mailbox/set", { create: { m: { name: "Ours" } } });
    await share(mine, created.m.id, { [owen]: { mayReadItems: true } });
    const session = async () => (await (await theirs.fetch("/jmap/session")).json()) as Answer;
    await eventually(async () => mine.accountId in (await session()).accounts, patience, "the account in the colleague's session");
    await eventually(async () => (await shareNotifications(theirs)).length === 1, patience, "the notification of the share");
    return created.m.id as string;
  });
  await run("hear", async () => {
    const { created } = await mine.call("Email/set", { create: { e: { mailboxIds: { [shared]: true }, subject: "Ours" } } });
    if (!created?.e) throw new Error("No Email was made.");
    const [[, { state }]] = (await theirs.calls(["Email/get", { accountId: mine.accountId, ids: [] }, "g"])) as [[string, Answer]];
    const isTold = () => listening.heard.some(({ changed }) => changed?.[mine.accountId]?.Email === state);
    await eventually(isTold, patience, "the colleague's notice");
  });
  listening.close();
  const receiptId = await run("receive", async () => {
    const sent = await service.send(textMessage({ subject: "Probe in", to: nia }), [nia, nobody]);
    if (sent.outcome !== "accepted") throw new Error("The message was refused.");
    await eventually(async () => (await mine.withSubject("Probe in"))[0], patience, "the message");
    return sent.receiptId as ReceiptId;
  });
  await run("notice", () => eventually(() => push.heard.some((each) => each["@type"] === "StateChange"), patience, "a notice"));
  push.close();
  await run("trace", () =>
    eventually(
      async () => {
        const stages = (await service.ports.traces.ofReceipt(receiptId)).map(({ stage }) => stage);
        return stages.sort().join(" ") === "dropped filed parsed scanned";
      },
      patience,
      "the record of each stage",
    ),
  );
  const submissionId = await run("submit", () => submit(mine, { from: nia, to: [owen, outside], subject: "Probe out" }));
  await run("arrive", () => eventually(async () => (await theirs.withSubject("Probe out"))[0], patience, "the colleague's copy"));
  await run("status", () =>
    eventually(
      async () => {
        const { list } = await mine.call("EmailSubmission/get", { ids: [submissionId] });
        return list[0].deliveryStatus?.[outside]?.delivered === "yes";
      },
      patience,
      "the delivery status",
    ),
  );
};
