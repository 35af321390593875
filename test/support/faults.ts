/** Wraps ports so that a call fails on demand: before its effect, or after it, as a process dies between two writes. */

export class Crash extends Error {
  override readonly name = "Crash";
}

export interface FaultPlan {
  /** Numbers of the calls (counted over all wrapped ports from 0) that die, and on which side of their effect. */
  crashes: Map<number, "before" | "after">;
  calls: number;
}

export const noFaults = (): FaultPlan => ({ crashes: new Map(), calls: 0 });

export const faulty = <Port extends object>(port: Port, plan: FaultPlan): Port =>
  new Proxy(port, {
    get: (target, name) => {
      const member = Reflect.get(target, name) as unknown;
      if (typeof member !== "function" || name === "constructor") return member;
      return async (...given: unknown[]) => {
        const crash = plan.crashes.get(plan.calls++);
        if (crash === "before") throw new Crash(`${String(name)} was not carried out`);
        const result: unknown = await Reflect.apply(member, target, given);
        if (crash === "after") throw new Crash(`the caller died after ${String(name)}`);
        return result;
      };
    },
  });
