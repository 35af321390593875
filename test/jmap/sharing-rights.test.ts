/** Rights on a shared Mailbox (RFC 8621 §2 MailboxRights, RFC 9670 §4): what each set of rights allows, operation × set, and that the rest changes nothing. */
import { afterAll, describe, expect, it } from "vitest";
import type { AccountId } from "../../core/ids.ts";
import { SharingWorld } from "./sharing-world.ts";
import { type Any, message } from "./world.ts";

const ANN = "aann" as AccountId;

const RIGHTS = [
  "mayReadItems",
  "mayAddItems",
  "mayRemoveItems",
  "maySetSeen",
  "maySetKeywords",
  "mayCreateChild",
  "mayRename",
  "mayDelete",
  "maySubmit",
  "mayShare",
] as const;
type Right = (typeof RIGHTS)[number];

interface Scene {
  readonly world: SharingWorld;
  /** A Mailbox of Ann's with one message; an empty one; one that is not shared. */
  readonly ward: string;
  readonly empty: string;
  readonly hidden: string;
  readonly email: string;
  readonly upload: string;
}

/** Bob's attempts: true when it was done. */
const operations: Readonly<Record<string, { needs: readonly Right[]; tries: (scene: Scene) => Promise<boolean> }>> = {
  "read a message": {
    needs: ["mayReadItems"],
    tries: async ({ world, email }) => (await world.does("bob", "Email/get", { ids: [email] }, ANN)).list?.length === 1,
  },
  "find it": {
    needs: ["mayReadItems"],
    tries: async ({ world, ward, email }) =>
      (await world.does("bob", "Email/query", { filter: { inMailbox: ward } }, ANN)).ids?.includes(email) === true,
  },
  "mark it read": {
    needs: ["mayReadItems", "maySetSeen"],
    tries: async (scene) => updated(scene, scene.email, { "keywords/$seen": true }),
  },
  "flag it": {
    needs: ["mayReadItems", "maySetKeywords"],
    tries: async (scene) => updated(scene, scene.email, { "keywords/$flagged": true }),
  },
  "take it out": {
    needs: ["mayReadItems", "mayRemoveItems"],
    tries: async ({ world, email }) => (await world.does("bob", "Email/set", { destroy: [email] }, ANN)).destroyed?.[0] === email,
  },
  "move it to the other": {
    needs: ["mayReadItems", "mayRemoveItems", "mayAddItems"],
    tries: async (scene) => updated(scene, scene.email, { mailboxIds: { [scene.empty]: true } }),
  },
  "put one in": {
    needs: ["mayAddItems"],
    tries: async ({ world, ward }) => {
      const answer = await world.does("bob", "Email/set", { create: { a: { mailboxIds: { [ward]: true }, subject: "From Bob" } } }, ANN);
      return answer.created?.a !== undefined;
    },
  },
  "make a Mailbox in it": {
    needs: ["mayCreateChild"],
    tries: async ({ world, ward }) =>
      (await world.does("bob", "Mailbox/set", { create: { a: { name: "Beds", parentId: ward } } }, ANN)).created?.a !== undefined,
  },
  "rename it": {
    needs: ["mayRename"],
    tries: async ({ world, ward }) =>
      changedMailbox(await world.does("bob", "Mailbox/set", { update: { [ward]: { name: "Bob's" } } }, ANN), ward),
  },
  "destroy an empty one": {
    needs: ["mayReadItems", "mayDelete"],
    tries: async ({ world, empty }) => (await world.does("bob", "Mailbox/set", { destroy: [empty] }, ANN)).destroyed?.[0] === empty,
  },
  "share it on": {
    needs: ["mayShare"],
    tries: async ({ world, ward }) =>
      changedMailbox(
        await world.does("bob", "Mailbox/set", { update: { [ward]: { "shareWith/ecat": { mayReadItems: true } } } }, ANN),
        ward,
      ),
  },
  "make a Mailbox at the top": {
    needs: ["never" as Right],
    tries: async ({ world }) => (await world.does("bob", "Mailbox/set", { create: { a: { name: "Top" } } }, ANN)).created?.a !== undefined,
  },
  "put one into a Mailbox that is not shared": {
    needs: ["never" as Right],
    tries: async ({ world, hidden }) =>
      (await world.does("bob", "Email/set", { create: { a: { mailboxIds: { [hidden]: true } } } }, ANN)).created?.a !== undefined,
  },
  "move it into a Mailbox that is not shared": {
    needs: ["never" as Right],
    tries: async (scene) => updated(scene, scene.email, { [`mailboxIds/${scene.hidden}`]: true }),
  },
  "send in Ann's name": {
    needs: ["never" as Right],
    tries: async ({ world, email }) =>
      (await world.does("bob", "EmailSubmission/set", { create: { a: { identityId: "I", emailId: email } } }, ANN)).created?.a !==
      undefined,
  },
};

const updated = async ({ world }: Scene, email: string, patch: object): Promise<boolean> => {
  const answer = await world.does("bob", "Email/set", { update: { [email]: patch } }, ANN);
  return answer.updated?.[email] !== undefined;
};
const changedMailbox = (answer: Any, id: string): boolean => answer.updated?.[id] !== undefined;

const scene = async (rights: readonly Right[]): Promise<Scene> => {
  const world = await SharingWorld.of("ann", "bob", "cat");
  const made = await world.does("ann", "Mailbox/set", { create: { w: { name: "Ward" }, e: { name: "Empty" }, h: { name: "Hidden" } } });
  const [ward, empty, hidden] = ["w", "e", "h"].map((key) => made.created[key].id as string) as [string, string, string];
  const email = await world.deliver(ANN, message({ subject: "Beds" }));
  await world.does("ann", "Email/set", { update: { [email]: { mailboxIds: { [ward]: true } } } });
  const held = Object.fromEntries(rights.map((right) => [right, true]));
  await world.give("ann", ward, { bob: held });
  await world.give("ann", empty, { bob: held });
  return { world, ward, empty, hidden, email, upload: "" };
};

/** What Ann's account is to Ann: nothing that was refused may show here. */
const asAnnSees = async ({ world }: Scene): Promise<string> => {
  const [mailboxes, emails] = [await world.does("ann", "Mailbox/get", {}), await world.does("ann", "Email/query", {})];
  const { list } = await world.does("ann", "Email/get", { ids: emails.ids, properties: ["mailboxIds", "keywords", "subject"] });
  return JSON.stringify([mailboxes.list, list]);
};

const sets: Readonly<Record<string, readonly Right[]>> = {
  none: [],
  all: RIGHTS,
  ...Object.fromEntries(RIGHTS.map((right) => [`only ${right}`, [right]])),
  ...Object.fromEntries(RIGHTS.slice(1).map((right) => [`mayReadItems and ${right}`, ["mayReadItems", right] as const])),
  ...Object.fromEntries(RIGHTS.map((right) => [`all but ${right}`, RIGHTS.filter((other) => other !== right)])),
};

let checked = 0;
afterAll(() => {
  const [many, each] = [Object.keys(sets).length, Object.keys(operations).length];
  console.log(`rights matrix: ${many} sets of rights × ${each} operations, ${checked} attempts checked`);
});

describe.each(Object.entries(sets))("with %s", (_name, rights) => {
  it.each(Object.entries(operations))("can %s just when the rights say so", async (_operation, { needs, tries }) => {
    checked++;
    const stage = await scene(rights);
    const before = await asAnnSees(stage);
    const isAllowed = needs.every((right) => rights.includes(right));
    expect(await tries(stage)).toBe(isAllowed);
    if (!isAllowed) expect(await asAnnSees(stage)).toBe(before);
    expect(stage.world.failures).toEqual([]);
  });
});
