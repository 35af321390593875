import { limits } from "../../core/limits.ts";
import { type GeneratedDocument, table } from "./document.ts";

export const limitsDocument: GeneratedDocument = {
  file: "generated/limits.md",
  make: () => {
    const sections = Object.entries(limits).map(([room, bounds]) => {
      const rows = Object.entries(bounds).map(([name, bound]) => [name, Number(bound).toLocaleString("en")]);
      return `## ${room}\n\n${table(["bound", "value"], rows)}`;
    });
    return `# Limits\n\nEvery bound of the service; units are in the names. What happens at each is said in \`core/limits.ts\`.\n\n${sections.join("\n\n")}\n`;
  },
};
