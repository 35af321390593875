/** What a message says: the sender's HTML in its frame, or plain text. Pictures on other computers wait until asked for. */
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Icon } from "../app/icons.tsx";
import { useMail } from "../app/mail-context.tsx";
import type { EmailContent } from "../jmap/types.ts";
import { plural } from "../mail/wording.ts";
import { inlineParts, toDataUrl } from "./inline-images.ts";
import { MessageFrame } from "./message-frame.tsx";
import { PlainText } from "./plain-text.tsx";
import { sanitiseMessage } from "./sanitise-message.ts";

const valuesOf = (content: EmailContent, parts: EmailContent["htmlBody"], type: string) =>
  parts.filter((part) => part.type === type).flatMap((part) => (part.partId ? (content.bodyValues[part.partId] ?? []) : []));

export function bodyHtml(content: EmailContent): string | null {
  const values = valuesOf(content, content.htmlBody, "text/html");
  return values.length > 0 ? values.map((value) => value.value).join("<hr>") : null;
}

export function bodyText(content: EmailContent): string {
  return valuesOf(content, content.textBody, "text/plain")
    .map((value) => value.value)
    .join("\n");
}

export function MessageBody({ accountId, content }: { readonly accountId: string; readonly content: EmailContent }) {
  const { transfer } = useMail();
  const [pictures, setPictures] = useState(false);
  const [plain, setPlain] = useState(false);
  const html = bodyHtml(content);
  const text = bodyText(content);
  const inline = inlineParts(content);
  const images = useQuery({
    queryKey: ["inline", accountId, content.id],
    enabled: html !== null && inline.length > 0,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => {
      const found = await Promise.all(
        inline.map(async (part) => {
          const blob = await transfer.download(accountId, part.blobId ?? "", part.name ?? "image", part.type).catch(() => null);
          return blob ? ([part.cid ?? "", await toDataUrl(blob, part.type)] as const) : null;
        }),
      );
      return new Map(found.filter((each) => each !== null));
    },
  });
  const frame = useMemo(
    () => (html === null ? null : sanitiseMessage(html, { showRemoteImages: pictures, inlineImages: images.data ?? new Map() })),
    [html, pictures, images.data],
  );
  const cut = Object.values(content.bodyValues).some((value) => value.isTruncated);
  return (
    <>
      {frame && frame.blockedImages > 0 && !plain ? (
        <div className="pf-blocked">
          <Icon name="picture" />
          <span>{plural(frame.blockedImages, "picture")} not shown, to protect your privacy.</span>
          <button type="button" className="pf-link" onClick={() => setPictures(true)}>
            Show pictures
          </button>
        </div>
      ) : null}
      {frame && !plain ? (
        <MessageFrame html={frame.html} label="What the message says" />
      ) : (
        <PlainText text={text || (html === null ? "" : "This message has no plain text.")} />
      )}
      {cut ? <p className="pf-quiet">This message is very long; only its beginning is shown.</p> : null}
      {html !== null && text !== "" ? (
        <button type="button" className="pf-link pf-card__plain" aria-pressed={plain} onClick={() => setPlain(!plain)}>
          {plain ? "Show as sent" : "Show as plain text"}
        </button>
      ) : null}
    </>
  );
}
