/** The parts of a message's body, each by itself (RFC 8621 §9.3): raw texts are never joined, or what one leaves open would swallow the next. */
import type { EmailContent } from "../jmap/types.ts";

export interface ShownPart {
  readonly isHtml: boolean;
  /** As the sender wrote it: HTML is sanitised before it goes anywhere. */
  readonly text: string;
}

const partsOf = (content: Pick<EmailContent, "bodyValues">, parts: EmailContent["htmlBody"]): ShownPart[] =>
  parts.flatMap(({ type, partId }) => {
    const value = partId ? content.bodyValues[partId] : undefined;
    return value && (type === "text/html" || type === "text/plain") ? [{ isHtml: type === "text/html", text: value.value }] : [];
  });

type Body = Pick<EmailContent, "bodyValues" | "htmlBody" | "textBody">;

/** As sent: HTML, with the plain parts that stand among it; empty when no part is HTML. */
export const richParts = (content: Body): readonly ShownPart[] => {
  const parts = partsOf(content, content.htmlBody);
  return parts.some(({ isHtml }) => isHtml) ? parts : [];
};

export const plainParts = (content: Body): readonly ShownPart[] => partsOf(content, content.textBody).filter(({ isHtml }) => !isHtml);
