import { type Stage, stages } from "../../core/stages.ts";
import { type GeneratedDocument, table } from "./document.ts";

const describeTrigger = ({ trigger }: Stage): string => {
  switch (trigger.kind) {
    case "queue":
      return `queue ${trigger.queue}, ${trigger.batchSize} a batch, ${trigger.maxReceives} tries, then the dead-letter queue`;
    case "stream":
      return `stream of the ${trigger.table} table`;
    case "http":
      return "HTTP API";
    case "socket":
      return "WebSocket API";
    case "socketAuthoriser":
      return "WebSocket authoriser";
    case "schedule":
      return `every ${trigger.everyMinutes} minutes`;
  }
};

export const stagesDocument: GeneratedDocument = {
  file: "generated/stages.md",
  make: () => {
    const rows = stages.map((stage: Stage) => [
      `\`${stage.name}\``,
      stage.purpose,
      describeTrigger(stage),
      `${stage.timeoutSeconds} s, ${stage.memoryMegabytes} MB`,
      stage.grants.map((grant) => `\`${grant}\``).join(" "),
    ]);
    return `# Functions\n\nFrom \`core/stages.ts\`, which also builds the stacks.\n\n${table(["function", "purpose", "driven by", "timeout, memory", "may"], rows)}\n`;
  },
};
