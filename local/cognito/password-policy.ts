import { randomInt } from "node:crypto";
import { CognitoError } from "./cognito-error.ts";
import type { PasswordPolicy } from "./user-pool.ts";

const MAXIMUM_CHARACTERS = 256;
const GENERATED_CHARACTERS = 14;
/** Developer guide, "Password requirements": these count as special characters, and a space inside. */
const symbols = /[\^$*.[\]{}()?"!@#%&/\\,><':;|_~`=+-]|(?<=\S) (?=\S)/;

/** Throws InvalidPasswordException with the reason that Cognito gives. */
export function checkPassword(policy: PasswordPolicy, password: string): void {
  const refuse = (why: string) => new CognitoError("InvalidPasswordException", `Password did not conform with policy: ${why}`);
  if (password.length < policy.minimumLength) throw refuse("Password not long enough");
  if (password.length > MAXIMUM_CHARACTERS) throw refuse("Password too long");
  if (policy.lowercase && !/[a-z]/.test(password)) throw refuse("Password must have lowercase characters");
  if (policy.uppercase && !/[A-Z]/.test(password)) throw refuse("Password must have uppercase characters");
  if (policy.numbers && !/[0-9]/.test(password)) throw refuse("Password must have numeric characters");
  if (policy.symbols && !symbols.test(password)) throw refuse("Password must have symbol characters");
}

/** A temporary password that fits any policy. */
export function generatePassword(policy: PasswordPolicy): string {
  const sets = ["abcdefghijkmnopqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789", "!@#%&*+-="];
  const pick = (set: string) => set[randomInt(set.length)]!;
  const length = Math.max(policy.minimumLength, GENERATED_CHARACTERS);
  const letters = Array.from({ length }, (_, index) => pick(sets[index < sets.length ? index : randomInt(sets.length)]!));
  for (let index = letters.length - 1; index > 0; index--) {
    const other = randomInt(index + 1);
    [letters[index], letters[other]] = [letters[other]!, letters[index]!];
  }
  return letters.join("");
}
