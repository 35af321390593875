import { readEnvironment } from "../../lib/environment.ts";
import { type FunctionRights, functionRights } from "../../lib/function-rights.ts";
import { projectPath } from "../../lib/project-path.ts";
import { type GeneratedDocument, table } from "./document.ts";

const describe = ({ stage, rights }: FunctionRights): string => {
  const rows = rights.map(({ actions, resources, condition }) => [
    actions.map((action) => `\`${action}\``).join(" "),
    resources.map((resource) => `\`${resource}\``).join(" "),
    condition,
  ]);
  return `## ${stage}\n\n${table(["may", "on", "only"], rows)}\n`;
};

export const iamDocument: GeneratedDocument = {
  file: "generated/iam.md",
  make: () => {
    const environment = readEnvironment(projectPath("config/example-one-region.json"));
    return `# What each function may do

The role policies of \`config/example-one-region.json\` as they are synthesized: everything a function may do in AWS, and nothing else.
A name such as \`ParseQueue.Arn\` stands for that attribute of the template's resource.

${functionRights(environment).map(describe).join("\n")}`;
  },
};
