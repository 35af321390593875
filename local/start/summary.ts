import { relative } from "node:path";
import type { Cloud } from "../cloud.ts";

/** What `npm start` says once all is up. */
export function summaryOf(cloud: Cloud, root: string, seconds: number): string {
  const inside = relative(root, cloud.dataDir);
  const data = inside.startsWith("..") ? cloud.dataDir : inside;
  const rows: [string, string][] = [
    ["Web", cloud.endpoints.web],
    ["AWS endpoint", cloud.endpoints.gateway],
    ...cloud.announcements.map(([label, value]): [string, string] => [label, value]),
    ["Functions", `${cloud.functionNames.length}, logs in ${data}/logs`],
    ["Data", `${data} (begin again: npm start -- --fresh)`],
  ];
  const width = Math.max(...rows.map(([label]) => label.length)) + 2;
  return [
    `\nThe laptop cloud is up (${seconds.toFixed(1)} s).\n`,
    ...rows.map(([label, value]) => `  ${label.padEnd(width)}${value}`),
    "\nOperator's key, for the AWS CLI and SDKs (it may do everything):",
    `  export AWS_ENDPOINT_URL=${cloud.endpoints.gateway} AWS_REGION=${cloud.region}`,
    `  export AWS_ACCESS_KEY_ID=${cloud.credentials.accessKeyId} AWS_SECRET_ACCESS_KEY=${cloud.credentials.secretAccessKey}`,
    "\nStop with Ctrl-C.",
  ].join("\n");
}
