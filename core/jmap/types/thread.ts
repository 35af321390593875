/** Thread (RFC 8621 §3, §3.1, §3.2): nothing of its own, the Emails name it. */
import type { ThreadId } from "../../ids.ts";
import { MAIL } from "../capabilities.ts";
import type { TypeDefinition, Wire } from "../engine/definition.ts";
import { id, listOf } from "../engine/kinds.ts";

export const thread: TypeDefinition = {
  name: "Thread",
  capability: MAIL,
  properties: { emailIds: { kind: listOf(id), setter: "server" } },
  get: {
    allIds: ({ account }) => {
      const { emails } = account.state;
      const ids = new Set<string>();
      for (let row = 0; row < emails.rows; row++) if (emails.alive(row)) ids.add(emails.threadId(row));
      return [...ids];
    },
    read: async ({ account }, ids, wanted) => {
      const { emails } = account.state;
      const found = new Map<string, Wire>();
      for (const threadId of ids) {
        const rows = emails.rowsOfThread(threadId as ThreadId);
        if (rows.length > 0) found.set(threadId, wanted.has("emailIds") ? { emailIds: rows.map((row) => emails.id(row)) } : {});
      }
      return found;
    },
  },
  changes: {},
};
