/** After a change of what delivery rules are drawn from: delivery goes by it once this is done. */
import { publishRules } from "../../mail/publish-rules.ts";
import type { SetCall } from "../engine/definition.ts";

export const applyRulesOf = async ({ context, account }: SetCall): Promise<readonly []> => {
  const state = await publishRules(context.ports, account.accountId);
  if (state) context.remember(state);
  return [];
};
