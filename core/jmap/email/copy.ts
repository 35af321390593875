/** Email/copy (RFC 8621 §4.7): the raw octets stay where they are, the copy gets an item, an id and mailboxes of its own. */
import type { EmailId } from "../../ids.ts";
import type { EmailItem } from "../../mail/email-item.ts";
import type { CopyDefinition, Copying } from "../engine/definition.ts";
import { utcDate } from "../engine/kinds.ts";
import { invalidProperties, ok, refuse, setError } from "../errors.ts";
import { itemReaderOf } from "./item-reader.ts";
import { namesOfTrueMap, readKeywords } from "./keywords.ts";
import { createStaged, Staging } from "./staging.ts";

interface Staged {
  readonly item: EmailItem;
  readonly mailboxIds: readonly string[];
  readonly keywords: readonly string[];
}

const SETTABLE: ReadonlySet<string> = new Set(["id", "mailboxIds", "keywords", "receivedAt"]);

/** One a call, so that messages of one thread copied together stay together. */
const stagings = new WeakMap<Copying, Staging>();

export const emailCopy: CopyDefinition<Staged> = {
  stage: async (copying, wire, newId) => {
    const { context, from, to } = copying;
    const { emails } = from.state;
    const row = emails.rowOf(wire.id as EmailId);
    if (row < 0) return refuse(setError("notFound"));
    const faults = Object.keys(wire).filter((name) => !SETTABLE.has(name));
    // The mailboxes of one account mean nothing in another: they must be given.
    const mailboxIds = namesOfTrueMap(wire.mailboxIds)?.map((mailboxId) => context.resolveId(mailboxId));
    const keywords = wire.keywords === undefined ? [...emails.keywords(row)] : readKeywords(wire.keywords);
    if (!mailboxIds?.length || mailboxIds.includes(null)) faults.push("mailboxIds");
    if (!keywords) faults.push("keywords");
    if (wire.receivedAt !== undefined && utcDate(wire.receivedAt)) faults.push("receivedAt");
    if (faults.length > 0) return refuse(invalidProperties(faults));
    const receivedAt = typeof wire.receivedAt === "string" ? Date.parse(wire.receivedAt) : emails.receivedAt(row);
    const original = (await itemReaderOf(context.ports.store).get(from.accountId, [wire.id as EmailId])).get(wire.id as EmailId);
    if (!original) return refuse(setError("notFound"));
    const staging = stagings.get(copying) ?? new Staging(context.ports, to.state);
    stagings.set(copying, staging);
    const { rawKey, message, marks } = original;
    const item = await staging.stage({ id: newId as EmailId, rawKey, message, receivedAt, marks });
    return ok({ item, mailboxIds: mailboxIds as string[], keywords: keywords! });
  },
  create: (tx, { item, ...membership }) => createStaged(tx, item, membership),
};
