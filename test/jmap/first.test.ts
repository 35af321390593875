import { describe, expect, it } from "vitest";
import { ANN, ann, message, World } from "./world.ts";

// RFC 8621 §2.1, §3.1, §4.2, §4.4.
describe("a reader's first minutes", () => {
  it("lists mailboxes, the newest mail and a body, marks it read and sees what changed", async () => {
    const world = await World.make();
    const first = await world.deliver(ANN, message({ id: "1@x", subject: "Rota" }), { receivedAt: 1_000_000 });
    const second = await world.deliver(ANN, message({ id: "2@x", subject: "Re: Rota", replyTo: "1@x", body: "Fine by me" }), {
      receivedAt: 2_000_000,
    });
    const responses = await world.request(ann, [
      ["Mailbox/get", { accountId: ANN }],
      ["Email/query", { accountId: ANN, filter: { inMailbox: "inbox" }, limit: 50, calculateTotal: true }],
      [
        "Email/get",
        {
          accountId: ANN,
          "#ids": { resultOf: "c1", name: "Email/query", path: "/ids" },
          properties: ["subject", "threadId", "preview", "keywords"],
        },
      ],
      ["Thread/get", { accountId: ANN, "#ids": { resultOf: "c2", name: "Email/get", path: "/list/*/threadId" } }],
    ]);
    expect(world.failures).toEqual([]);
    expect(responses[0][1].list.find((mailbox: { role: string }) => mailbox.role === "inbox")).toMatchObject({
      totalEmails: 2,
      unreadEmails: 2,
      totalThreads: 1,
    });
    expect(responses[1][1]).toMatchObject({ ids: [second, first], total: 2, position: 0 });
    expect(responses[2][1].list.map((email: { subject: string }) => email.subject)).toEqual(["Re: Rota", "Rota"]);
    expect(responses[3][1].list).toEqual([{ id: responses[2][1].list[0].threadId, emailIds: [first, second] }]);

    const state = responses[2][1].state;
    const set = await world.call("Email/set", { update: { [first]: { "keywords/$seen": true } } });
    expect(set).toMatchObject({ oldState: state, updated: { [first]: null }, notUpdated: null });
    const changes = await world.call("Email/changes", { sinceState: state });
    expect(changes).toMatchObject({ created: [], updated: [first], destroyed: [], newState: set.newState });
    const body = await world.call("Email/get", { ids: [second], fetchTextBodyValues: true });
    expect(body.list[0].bodyValues["1"] ?? Object.values(body.list[0].bodyValues)[0]).toMatchObject({
      value: "Fine by me\n",
      isTruncated: false,
    });
  });

  it("uploads a file and downloads it and a message", async () => {
    const world = await World.make();
    const stored = await world.jmap.upload(ann, ANN, Buffer.from("hello"), "text/plain");
    if (stored.outcome !== "stored") throw new Error("refused");
    const found = await world.jmap.download(ann, ANN, stored.json.blobId);
    if (found.outcome !== "found") throw new Error("refused");
    expect(Buffer.from((await found.read())!).toString()).toBe("hello");
    const id = await world.deliver(ANN, message({}));
    const raw = await world.jmap.download(ann, ANN, `GM${id}`);
    expect(raw.outcome).toBe("found");
  });
});
