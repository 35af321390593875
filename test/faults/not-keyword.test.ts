import { beforeAll, describe, expect, test } from "vitest";
import { ANN, ann, message, World } from "../jmap/world.ts";

let world: World;
const ids: Record<string, string> = {};

beforeAll(async () => {
  world = await World.make();
  for (const name of ["seen", "imported", "unseen"]) ids[name] = await world.deliver(ANN, message({ id: `${name}@x`, subject: name }));
  await world.call("Email/set", { update: { [ids.seen!]: { "keywords/$Seen": true } } });
  const upload = await world.jmap.upload(ann, ANN, Buffer.from(message({ id: "i@x", subject: "imported" }).replaceAll("\n", "\r\n")), null);
  if (upload.outcome !== "stored") throw new Error("the upload was refused");
  const { created } = await world.call("Email/import", {
    emails: { i: { blobId: upload.json.blobId, mailboxIds: { inbox: true }, keywords: { $SEEN: true, Urgent: true } } },
  });
  await world.call("Email/set", { destroy: [ids.imported] });
  ids.imported = created.i.id;
});

describe("notKeyword does not return seen mail", () => {
  test.each([
    [{ notKeyword: "$seen" }],
    [{ notKeyword: "$SEEN" }],
    [{ operator: "NOT", conditions: [{ hasKeyword: "$Seen" }] }],
    [{ notKeyword: "$seen", inMailbox: "inbox" }],
    [{ notKeyword: "$seen", text: "ward" }],
    [{ operator: "AND", conditions: [{ notKeyword: "$seen" }, { notKeyword: "urgent" }] }],
  ])("%j", async (filter) => {
    for (const collapseThreads of [false, true]) {
      const { ids: found, total } = await world.call("Email/query", { filter, collapseThreads, calculateTotal: true });
      expect([found, total]).toEqual([[ids.unseen], 1]);
    }
  });

  test("and what is read while the list is open leaves it by /queryChanges", async () => {
    const fresh = await world.deliver(ANN, message({ id: "fresh@x" }));
    const filter = { notKeyword: "$seen" };
    const { queryState, ids: before } = await world.call("Email/query", { filter });
    expect(before).toContain(fresh);
    await world.call("Email/set", { update: { [fresh]: { keywords: { $seen: true } } } });
    const { removed, added } = await world.call("Email/queryChanges", { filter, sinceQueryState: queryState });
    expect([removed, added]).toEqual([[fresh], []]);
  });
});
