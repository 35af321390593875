/** What left by SES, as the laptop keeps it (local/ses/README.md). */
import type { Cloud } from "../../../local/cloud.ts";

export interface Left {
  readonly octets: string;
  readonly source: string;
  readonly reversePath: string;
  readonly recipients: readonly { readonly address: string; readonly state: string }[];
}

/** Newest first. */
export const outboxOf = async (cloud: Cloud): Promise<Left[]> => {
  const page = `${cloud.endpoints.gateway}/_penfold/outbox`;
  const ids = [...(await (await fetch(page)).text()).matchAll(/outbox\/([\w-]+)\.json/g)].map(([, id]) => id);
  return Promise.all(
    ids.map(async (id) => ({
      ...((await (await fetch(`${page}/${id}.json`)).json()) as Omit<Left, "octets">),
      octets: await (await fetch(`${page}/${id}.eml`)).text(),
    })),
  );
};
