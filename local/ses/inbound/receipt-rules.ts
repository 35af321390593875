/** Which receipt rules a recipient meets (SES Developer Guide, "Recipient conditions"). */
import type { ReceiptRule, SesModel } from "../model.ts";

const domainOf = (address: string): string => address.slice(address.lastIndexOf("@") + 1).toLowerCase();

const matches = (condition: string, address: string): boolean => {
  const wanted = condition.toLowerCase();
  if (wanted.startsWith(".")) return domainOf(address).endsWith(wanted);
  return wanted.includes("@") ? wanted === address.toLowerCase() : wanted === domainOf(address);
};

/** True when the rule takes mail for the address. Mail is only received for verified domains. */
const ruleTakes = (model: SesModel, rule: ReceiptRule, address: string): boolean => {
  if (!rule.enabled || !model.identityOf(address)) return false;
  return rule.recipients.length === 0 || rule.recipients.some((condition) => matches(condition, address));
};

/** What the SMTP port answers to RCPT TO. */
export const admits = (model: SesModel, address: string, secure: boolean): "yes" | "no" | "needsTls" => {
  const rules = model.activeRules().filter((rule) => ruleTakes(model, rule, address));
  if (rules.length === 0) return "no";
  return rules.every((rule) => rule.tlsRequired) && !secure ? "needsTls" : "yes";
};

/** The rules that a message goes through, in order, each with the envelope recipients that it matched. */
export const rulesFor = (
  model: SesModel,
  recipients: readonly string[],
  secure: boolean,
): { rule: ReceiptRule; recipients: readonly string[] }[] =>
  model
    .activeRules()
    .filter((rule) => secure || !rule.tlsRequired)
    .map((rule) => ({ rule, recipients: recipients.filter((address) => ruleTakes(model, rule, address)) }))
    .filter((matched) => matched.recipients.length > 0);
