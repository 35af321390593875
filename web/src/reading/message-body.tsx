/** What a message says: the sender's HTML in its frame, or plain text. Pictures on other computers wait until asked for. */
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Icon } from "../app/icons.tsx";
import { useMail } from "../app/mail-context.tsx";
import type { EmailContent } from "../jmap/types.ts";
import { plural } from "../mail/wording.ts";
import { plainParts, richParts } from "./body-parts.ts";
import { inlineParts, toDataUrl } from "./inline-images.ts";
import { MessageFrame } from "./message-frame.tsx";
import { PlainText } from "./plain-text.tsx";
import { sanitiseMessage } from "./sanitise-message.ts";

export function MessageBody({ accountId, content }: { readonly accountId: string; readonly content: EmailContent }) {
  const { transfer } = useMail();
  const [pictures, setPictures] = useState(false);
  const [plain, setPlain] = useState(false);
  const rich = useMemo(() => richParts(content), [content]);
  const texts = useMemo(() => plainParts(content), [content]);
  const isRich = rich.length > 0;
  const inline = inlineParts(content);
  const images = useQuery({
    queryKey: ["inline", accountId, content.id],
    enabled: isRich && inline.length > 0,
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
  const shown = useMemo(() => {
    const options = { showRemoteImages: pictures, inlineImages: images.data ?? new Map() };
    return rich.map(({ isHtml, text }) => ({ text, frame: isHtml ? sanitiseMessage(text, options) : null }));
  }, [rich, pictures, images.data]);
  const blocked = shown.reduce((sum, { frame }) => sum + (frame?.blockedImages ?? 0), 0);
  const cut = Object.values(content.bodyValues).some((value) => value.isTruncated);
  return (
    <>
      {blocked > 0 && !plain ? (
        <div className="pf-blocked">
          <Icon name="picture" />
          <span>{plural(blocked, "picture")} not shown, to protect your privacy.</span>
          <button type="button" className="pf-link" onClick={() => setPictures(true)}>
            Show pictures
          </button>
        </div>
      ) : null}
      {isRich && !plain
        ? shown.map(({ frame, text }, index) =>
            // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one immutable message
            frame ? <MessageFrame key={index} html={frame.html} label="What the message says" /> : <PlainText key={index} text={text} />,
          )
        : // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one immutable message
          texts.map(({ text }, index) => <PlainText key={index} text={text} />)}
      {cut ? <p className="pf-quiet">This message is very long; only its beginning is shown.</p> : null}
      {isRich && texts.some(({ text }) => text !== "") ? (
        <button type="button" className="pf-link pf-card__plain" aria-pressed={plain} onClick={() => setPlain(!plain)}>
          {plain ? "Show as sent" : "Show as plain text"}
        </button>
      ) : null}
    </>
  );
}
