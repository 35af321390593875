/** Runs a compiled script on one message (RFC 5228 §2.10.1, §3.1, §3.3, §4.1 to §4.4). */
import { createHash } from "node:crypto";
import { limits } from "../limits.ts";
import type { CompiledScript, Step } from "./compile.ts";
import type { Bound } from "./grammar.ts";
import type { SieveMessage, SieveOutcome, VacationReply } from "./message.ts";
import { flagsIn, runTest, type TestContext } from "./tests.ts";
import { modify, Variables } from "./variables.ts";

/** RFC 5228 §2.10.6. A fault that only a run can find: the message is kept and every action so far forgotten. */
class SieveFault extends Error {
  override readonly name = "SieveFault";
}

const FAULT_OUTCOME = { keep: { flags: [] }, fileInto: [], redirect: [], vacation: null, remember: [] } as const;

export const interpret = (script: CompiledScript, message: SieveMessage): SieveOutcome => {
  const run = new Run(script, message);
  try {
    run.steps(script.steps);
    return run.outcome();
  } catch (error) {
    if (!(error instanceof SieveFault)) throw error;
    return { ...FAULT_OUTCOME, fault: error.message };
  }
};

class Run {
  private readonly context: TestContext;
  private readonly variables: Variables;
  private flags: string[] = [];
  private implicitKeep = true;
  private explicitKeep: { flags: readonly string[] } | null = null;
  private readonly filed = new Map<string, { mailbox: string; flags: readonly string[]; create: boolean }>();
  private readonly redirects = new Set<string>();
  private vacation: VacationReply | null = null;
  private readonly remembered = new Map<string, number>();
  private actions = 0;

  constructor(script: CompiledScript, message: SieveMessage) {
    this.variables = new Variables(script.extensions);
    this.context = {
      message,
      variables: this.variables,
      flags: () => this.flags,
      remember: (id, seconds) => void this.remembered.set(id, seconds),
    };
  }

  /** RFC 5228 §2.10.2: kept unless an action has cancelled that. */
  outcome(): SieveOutcome {
    return {
      keep: this.explicitKeep ?? (this.implicitKeep ? { flags: this.flags } : null),
      fileInto: [...this.filed.values()],
      redirect: [...this.redirects],
      vacation: this.vacation,
      remember: [...this.remembered].map(([id, seconds]) => ({ id, seconds })),
      fault: null,
    };
  }

  /** False when a `stop` was met. */
  steps(steps: readonly Step[]): boolean {
    for (const step of steps) {
      if (step.name === "stop") return false;
      if (step.name === "if") {
        const branch = step.branches.find(({ test }) => test === null || runTest(test, this.context));
        if (branch && !this.steps(branch.steps)) return false;
      } else this.act(step);
    }
    return true;
  }

  private act({ name, bound }: Step): void {
    switch (name) {
      case "set": {
        const [variable, value] = this.texts(bound);
        this.variables.set(
          variable!,
          modify(value!, (modifier) => bound.has(modifier)),
        );
        return;
      }
      case "setflag":
      case "addflag":
      case "removeflag":
        this.changeFlags(name, bound);
        return;
    }
    // RFC 5228 §2.10.4.
    if (++this.actions > limits.sieve.actions) throw new SieveFault(`more than ${limits.sieve.actions} actions`);
    switch (name) {
      case "keep":
        this.explicitKeep = { flags: this.flagsOf(bound) };
        break;
      case "discard":
        this.implicitKeep = false;
        break;
      case "fileinto": {
        const mailbox = this.texts(bound)[0]!;
        // RFC 5228 §2.10.3 once a mailbox; RFC 5232 §3: the last list of flags counts.
        const create = bound.has("create") || (this.filed.get(mailbox)?.create ?? false);
        this.filed.set(mailbox, { mailbox, flags: this.flagsOf(bound), create });
        // RFC 3894 §3.
        if (!bound.has("copy")) this.implicitKeep = false;
        break;
      }
      case "redirect":
        this.redirect(this.texts(bound)[0]!);
        if (!bound.has("copy")) this.implicitKeep = false;
        break;
      case "vacation":
        if (this.vacation) throw new SieveFault("vacation is asked for twice");
        this.vacation = this.vacationOf(bound);
    }
  }

  private redirect(address: string): void {
    if (!/^[^\s@<>]+@[^\s@<>]+$/.test(address)) throw new SieveFault("redirect to what is not an address");
    this.redirects.add(address);
    if (this.redirects.size > limits.sieve.redirects) throw new SieveFault(`more than ${limits.sieve.redirects} redirects`);
  }

  /** RFC 5230 §4.1: days within the service's bounds. */
  private vacationOf(bound: Bound): VacationReply {
    const { vacationDaysMin, vacationDaysMax, vacationDaysDefault } = limits.sieve;
    const reply = {
      reason: this.texts(bound)[0]!,
      isMime: bound.has("mime"),
      subject: this.text(bound, "subject"),
      from: this.text(bound, "from"),
      addresses: (bound.texts("addresses") ?? []).map((address) => this.variables.expand(address)),
      days: Math.min(vacationDaysMax, Math.max(vacationDaysMin, bound.number("days") ?? vacationDaysDefault)),
    };
    // RFC 5230 §4.2: as written, before variables are put in, or each subject would be answered anew.
    const same = JSON.stringify([bound.positional[0], bound.text("subject"), bound.text("from"), reply.isMime]);
    return { ...reply, handle: this.text(bound, "handle") ?? createHash("sha256").update(same).digest("base64url").slice(0, 22) };
  }

  /** RFC 5232 §3.1 to §3.3. */
  private changeFlags(name: string, bound: Bound): void {
    const named = bound.positional.length === 2;
    const given = ((bound.positional.at(-1) ?? []) as readonly string[]).flatMap((text) => flagsIn(this.variables.expand(text)));
    const variable = named ? this.texts(bound)[0]! : null;
    const present = variable === null ? this.flags : flagsIn(this.variables.get(variable));
    const isGiven = (flag: string): boolean => given.some((one) => one.toLowerCase() === flag.toLowerCase());
    const kept = name === "setflag" ? [] : present.filter((flag) => !isGiven(flag));
    const changed = unique(name === "removeflag" ? kept : name === "addflag" ? [...present, ...given] : given);
    if (variable === null) this.flags = changed;
    else this.variables.set(variable, changed.join(" "));
  }

  /** RFC 5232 §5. */
  private flagsOf(bound: Bound): readonly string[] {
    const own = bound.texts("flags");
    return own ? unique(own.flatMap((text) => flagsIn(this.variables.expand(text)))) : this.flags;
  }

  private texts(bound: Bound): string[] {
    return bound.positional.map((value) => this.variables.expand(Array.isArray(value) ? (value[0] ?? "") : ""));
  }

  private text(bound: Bound, tag: string): string | null {
    const value = bound.text(tag);
    return value === undefined ? null : this.variables.expand(value);
  }
}

const unique = (flags: readonly string[]): string[] => [...new Map(flags.map((flag) => [flag.toLowerCase(), flag])).values()];
