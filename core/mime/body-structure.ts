/** RFC 8621 §4.1.4: which parts are the body as text, the body as HTML, and attachments. */
import type { BodyPart } from "../mail/email-item.ts";

export interface BodyLists {
  readonly textBody: readonly BodyPart[];
  readonly htmlBody: readonly BodyPart[];
  readonly attachments: readonly BodyPart[];
}

const isInlineMedia = (type: string): boolean => type.startsWith("image/") || type.startsWith("audio/") || type.startsWith("video/");

const isBodyType = (type: string): boolean => type === "text/plain" || type === "text/html" || isInlineMedia(type);

/** A body part rather than an attachment: not so marked, of a type to show, and not a later part of a related or a later named text. */
const isInline = (part: BodyPart, index: number, multipartType: string): boolean =>
  part.disposition !== "attachment" &&
  isBodyType(part.type) &&
  (index === 0 || (multipartType !== "related" && (isInlineMedia(part.type) || !part.name)));

/** The lists under construction; inside an alternative a branch that turned out to be one form has no list of the other. */
interface Lists {
  text: BodyPart[] | null;
  html: BodyPart[] | null;
  readonly attachments: BodyPart[];
}

const addToAlternative = (part: BodyPart, lists: Lists): void => {
  if (part.type === "text/plain") lists.text?.push(part);
  else if (part.type === "text/html") lists.html?.push(part);
  else lists.attachments.push(part);
};

const addInline = (part: BodyPart, inAlternative: boolean, lists: Lists): void => {
  if (inAlternative && part.type === "text/plain") lists.html = null;
  if (inAlternative && part.type === "text/html") lists.text = null;
  lists.text?.push(part);
  lists.html?.push(part);
  if ((!lists.text || !lists.html) && isInlineMedia(part.type)) lists.attachments.push(part);
};

/** When an alternative had one form only, that form serves as the other, too. */
const shareOnlyForm = (text: BodyPart[], html: BodyPart[], textBefore: number, htmlBefore: number): void => {
  if (text.length === textBefore && html.length !== htmlBefore) text.push(...html.slice(htmlBefore));
  else if (html.length === htmlBefore && text.length !== textBefore) html.push(...text.slice(textBefore));
};

/** The walk of RFC 8621 §4.1.4. Depth is bounded by `limits.parse.depth`. */
const walk = (parts: readonly BodyPart[], multipartType: string, inAlternative: boolean, outer: Lists): void => {
  const lists: Lists = { ...outer };
  const textBefore = lists.text?.length ?? -1;
  const htmlBefore = lists.html?.length ?? -1;
  parts.forEach((part, index) => {
    if (part.subParts) {
      const subtype = part.type.slice("multipart/".length);
      walk(part.subParts, subtype, inAlternative || subtype === "alternative", lists);
    } else if (!isInline(part, index, multipartType)) lists.attachments.push(part);
    else if (multipartType === "alternative") addToAlternative(part, lists);
    else addInline(part, inAlternative, lists);
  });
  if (multipartType === "alternative" && lists.text && lists.html) shareOnlyForm(lists.text, lists.html, textBefore, htmlBefore);
};

export const listBodies = (bodyStructure: BodyPart): BodyLists => {
  const textBody: BodyPart[] = [];
  const htmlBody: BodyPart[] = [];
  const attachments: BodyPart[] = [];
  walk([bodyStructure], "mixed", false, { text: textBody, html: htmlBody, attachments });
  return { textBody, htmlBody, attachments };
};

/** RFC 8621 §4.1.4 hasAttachment: an attachment that is not marked inline, or that is inline but shown by no body. */
export const hasAttachment = ({ attachments, htmlBody }: BodyLists): boolean => {
  const embedded = htmlBody.some(({ type }) => type === "text/html");
  return attachments.some(
    (part) =>
      part.disposition !== "inline" && !(embedded && part.cid !== null && isInlineMedia(part.type) && part.disposition !== "attachment"),
  );
};

/** Every part that is no multipart, in document order. */
export const leafParts = (bodyStructure: BodyPart): BodyPart[] =>
  bodyStructure.subParts ? bodyStructure.subParts.flatMap(leafParts) : [bodyStructure];
