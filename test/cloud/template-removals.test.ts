/**
 * A test of the tests: with any one of these taken out of the template, the service no longer carries a message all the way. Each is
 * removed alone, on a cloud of its own, and must be missed at the step that needs it.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { probe, type Step } from "./support/probe.ts";
import { type Mutation, resource, statement, variable, watched } from "./support/removals.ts";

const removals: readonly (readonly [what: string, missedAt: Step, mutation: Mutation])[] = [
  ["parse's right to read raw mail", "receive", statement("parse", "MailRead")],
  ["scan's right to consume its queue", "start", statement("scan", "Consume")],
  ["file's right to write traces", "trace", statement("file", "TracesWrite")],
  ["notify's right to post to sockets", "notice", statement("notify", "SocketsPost")],
  ["the API's right to use the tables' key", "sign in", statement("jmap", "TablesKey")],
  ["submit's right to send by SES", "status", statement("submit", "SesSend")],
  ["scan's variable FILE_QUEUE_URL", "receive", variable("scan", "FILE_QUEUE_URL")],
  ["feedback's mapping from its queue", "trace", resource("AWS::Lambda::EventSourceMapping", "FeedbackFromQueue")],
  ["the subscription to received mail", "receive", resource("AWS::SNS::Subscription", "ReceivedTopicSubscription")],
  ["share's mapping from its queue", "share", resource("AWS::Lambda::EventSourceMapping", "ShareFromQueue")],
  ["share's right to make a share known in the directory", "share", statement("share", "DirectoryWrite")],
  ["share's right to write in the account of whom it tells", "share", statement("share", "AccountsWrite")],
  ["share's right to change what connections hear of", "hear", statement("share", "ConnectionsWrite")],
  ["share's right to post to sockets", "hear", statement("share", "SocketsPost")],
  ["the WebSocket's $connect route", "push", resource("AWS::ApiGatewayV2::Route", "SocketConnect")],
];

/** Without a removal a step must not take longer; with one it is given up after a few times what it took here. */
const mostMilliseconds = 20_000;
const leastPatienceMilliseconds = 3_000;

describe("what the template holds is needed", () => {
  let patience = mostMilliseconds;

  beforeAll(async () => {
    const whole = await probe({}, mostMilliseconds);
    expect(whole.failed).toBeNull();
    patience = Math.min(mostMilliseconds, Math.max(leastPatienceMilliseconds, 4 * whole.slowestMilliseconds));
    console.log(`slowest step ${Math.round(whole.slowestMilliseconds)} ms; with a removal a step is waited for ${Math.round(patience)} ms`);
  });

  it.each(removals)("without %s it fails at: %s", async (_, missedAt, mutation) => {
    const { mutateTemplate, removed } = watched(mutation);
    const { failed } = await probe({ mutateTemplate }, patience);
    expect(removed()).toBe(1);
    expect(failed).toMatchObject({ step: missedAt });
  });
});
