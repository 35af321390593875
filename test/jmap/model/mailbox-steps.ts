/** Mailbox/set on the service and on the model: what one refuses the other refuses. */
import { expect } from "vitest";
import type { Client } from "./client.ts";
import type { Model, ModelMailbox } from "./model.ts";
import type { Step } from "./steps.ts";

type StepOf<Kind extends Step["kind"]> = Extract<Step, { kind: Kind }>;

const NAMES = ["Rotas", "rota", "Ward", "Archive", "New"] as const;
const ROLES = [null, null, null, "archive", "important", "inbox"] as const;

const picked = (model: Model, pick: number): ModelMailbox => [...model.mailboxes.values()][pick % model.mailboxes.size]!;

export const makeMailbox = async (model: Model, client: Client, { name, parent, role, order }: StepOf<"makeMailbox">): Promise<void> => {
  const parentId = parent % 3 === 0 ? null : picked(model, parent).id;
  const wish = { name: NAMES[name]!, parentId, role: ROLES[role]!, sortOrder: order };
  const { created, notCreated } = await client.call("Mailbox/set", { create: { new: wish } });
  const id: string = created?.new.id ?? "refused";
  expect(model.putMailbox({ id, ...wish }), JSON.stringify([wish, notCreated])).toBe(created !== null);
};

export const changeMailbox = async (model: Model, client: Client, { pick, what, value }: StepOf<"changeMailbox">): Promise<void> => {
  const mailbox = picked(model, pick);
  const to = {
    name: NAMES[value % NAMES.length],
    parentId: value % 3 === 0 ? null : picked(model, value).id,
    role: ROLES[value % ROLES.length],
    sortOrder: value,
  }[what];
  const { updated, notUpdated } = await client.call("Mailbox/set", { update: { [mailbox.id]: { [what]: to } } });
  expect(model.putMailbox({ ...mailbox, [what]: to }), JSON.stringify([mailbox, what, to, notUpdated])).toBe(updated !== null);
};

export const dropMailbox = async (model: Model, client: Client, { pick, removeEmails }: StepOf<"dropMailbox">): Promise<void> => {
  const { id } = picked(model, pick);
  const answer = await client.call("Mailbox/set", { destroy: [id, id], onDestroyRemoveEmails: removeEmails });
  const fault = model.destroyMailbox(id, removeEmails);
  expect([answer.destroyed, answer.notDestroyed?.[id].type ?? null]).toEqual([fault === null ? [id] : null, fault]);
};
