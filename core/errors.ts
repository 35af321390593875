/** Thrown kinds. Expected outcomes are values, not errors. Nothing matches on the text. */

/** Try again later: throttled, timed out, lost a race too often. */
export class TransientError extends Error {
  override readonly name = "TransientError";
}

/** This input can never be processed: it goes to the dead-letter queue and raises the alarm. */
export class PoisonError extends Error {
  override readonly name = "PoisonError";
}

/** A promise of the code was broken: a bug. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

export const invariant: (condition: unknown, message: string) => asserts condition = (condition, message) => {
  if (!condition) throw new InvariantError(message);
};
