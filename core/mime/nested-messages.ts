/** Messages inside messages (message/rfc822, message/global): RFC 8621 leaves them closed, but their number is bounded. */
import { limits } from "../limits.ts";
import type { BodyPart } from "../mail/email-item.ts";
import { leafParts } from "./body-structure.ts";
import { readPartTree, type TreeBound } from "./part-tree.ts";
import { decodeTransfer } from "./transfer-encoding.ts";

const isMessageType = (type: string): boolean => type === "message/rfc822" || type === "message/global" || type === "message/news";

/** A leaf of the message or of a message inside it, with the octets its offsets are about. */
export interface FoundPart {
  readonly octets: Buffer;
  readonly part: BodyPart;
  /** 0 for the message's own parts. */
  readonly level: number;
}

export type Walk =
  | { readonly outcome: "walked"; readonly parts: FoundPart[] }
  | { readonly outcome: "bound"; readonly bound: TreeBound | "tooManyNestedMessages" };

/**
 * All leaves of a message and of the messages in it, breadth first. The bounds on parts and nested messages hold for the whole,
 * so at most `nestedMessages` times the octets are looked at.
 */
export const walkNested = (octets: Buffer, root: BodyPart, parts: number): Walk => {
  const found: FoundPart[] = leafParts(root).map((part) => ({ octets, part, level: 0 }));
  let total = parts;
  let messages = 0;
  for (let index = 0; index < found.length; index += 1) {
    const { octets: outer, part, level } = found[index]!;
    if (!isMessageType(part.type)) continue;
    messages += 1;
    if (messages > limits.parse.nestedMessages) return { outcome: "bound", bound: "tooManyNestedMessages" };
    const [start, length] = part.body;
    const inner = decodeTransfer(outer, start, start + length, part.encoding);
    const tree = readPartTree(inner, 0, inner.length);
    if (tree.outcome === "bound") return tree;
    total += tree.parts;
    if (total > limits.parse.parts) return { outcome: "bound", bound: "tooManyParts" };
    for (const leaf of leafParts(tree.root)) found.push({ octets: inner, part: leaf, level: level + 1 });
  }
  return { outcome: "walked", parts: found };
};

/** The bound that the nested messages pass, or null. Costs nothing for a message without any. */
export const nestedBound = (octets: Buffer, root: BodyPart, parts: number): TreeBound | "tooManyNestedMessages" | null => {
  if (!leafParts(root).some(({ type }) => isMessageType(type))) return null;
  const walk = walkNested(octets, root, parts);
  return walk.outcome === "bound" ? walk.bound : null;
};
