/** One message, and scripts run on it. */
import { compile } from "../../core/sieve/compile.ts";
import { interpret } from "../../core/sieve/interpret.ts";
import type { SieveMessage } from "../../core/sieve/message.ts";

const headers: Record<string, string[]> = {
  subject: ["Re: Ward 7 rota [urgent]"],
  from: ["Ann Example <ann+rota@hospital.example>"],
  to: ["bob@hospital.example, carol@clinic.example"],
  "message-id": ["<1@hospital.example>"],
  "x-spam-score": ["7"],
  date: ["Tue, 01 Apr 1997 09:06:31 -0800"],
  received: ["from a by b; Tue, 01 Apr 1997 17:10:00 +0000", "from c by d; Tue, 01 Apr 1997 17:00:00 +0000"],
};

export const message: SieveMessage = {
  header: (name) => headers[name.toLowerCase()] ?? [],
  addresses: (name) => (headers[name.toLowerCase()] ?? []).map((value) => value.match(/[^\s<,]+@[^\s>,]+/g) ?? []),
  envelope: { from: "ann@hospital.example", to: "bob+lists@hospital.example" },
  sizeOctets: 2_000,
  rawBody: () => "Raw =3D body",
  bodyContent: (types) => (types.some((type) => "text/plain".startsWith(type)) ? ["Dear Bob, the rota is attached."] : []),
  mailboxExists: (name) => name === "Rotas",
  wasSeen: (id) => id.includes("seen-before"),
  now: Date.UTC(2026, 10, 22, 9, 5, 0),
  zoneMinutes: 60,
};

export const run = (script: string, different: Partial<SieveMessage> = {}) => {
  const compiled = compile(script);
  if (!compiled.ok) throw new Error(compiled.description);
  return interpret(compiled.script, { ...message, ...different });
};

/** True when the test holds. */
export const holds = (testText: string, requires = ""): boolean =>
  run(`${requires ? `require [${requires}];` : ""} if ${testText} { discard; }`).keep === null;

/** What is wrong with the script; null: it compiles. */
export const faultOf = (script: string): string | null => {
  const compiled = compile(script);
  return compiled.ok ? null : compiled.description;
};
