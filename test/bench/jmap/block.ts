/** The newest ten thousand messages, read once for both mailboxes: what is older in the large one repeats them under other references. */

import type { ParsedMessage } from "../../../core/mail/email-item.ts";
import { readMessage } from "../../../core/mime/read-message.ts";
import type { MessageTexts } from "../../../core/search/fields.ts";
import { messageTexts } from "../../../core/search/message-texts.ts";
import { BLOCK_MESSAGES, MailText } from "./mail-text.ts";
import { messageOf } from "./message.ts";

export interface BlockMessage {
  readonly octets: Buffer;
  readonly message: ParsedMessage;
}

export interface Block {
  readonly messages: readonly BlockMessage[];
  readonly mailOctets: number;
  /** Of the plain text, as a search by brute force would keep it. */
  readonly text: Buffer;
}

const BEGAN = Date.UTC(2025, 0, 6);
const EVERY = 31_000;

/** When the message with a uid came, in a mailbox of any size. */
export const receivedAtOf = (uid: number): number => BEGAN + uid * EVERY;

export const makeBlock = (): Block => {
  const text = new MailText();
  const messages: BlockMessage[] = [];
  const plain: string[] = [];
  let mailOctets = 0;
  for (let number = 0; number < BLOCK_MESSAGES; number++) {
    const octets = messageOf(text, number, number + 1, receivedAtOf(number + 1));
    const read = readMessage(octets);
    if (read.outcome !== "parsed") throw new Error("a message of the bench does not parse");
    messages.push({ octets, message: read.message });
    mailOctets += octets.length;
    const { subject, body } = text.of(number, number + 1);
    plain.push(subject, ...body);
  }
  return { messages, mailOctets, text: Buffer.from(plain.join("\n")) };
};

/** The message in the place of a uid: the newest of a mailbox is the block's last. */
export const placeOf = (uid: number, messages: number): number => (uid - 1 + BLOCK_MESSAGES - (messages % BLOCK_MESSAGES)) % BLOCK_MESSAGES;

export const textsOf = ({ octets, message }: BlockMessage, item: Parameters<typeof messageTexts>[0]): MessageTexts =>
  messageTexts({ ...item, message }, ({ body: [offset, length] }) => octets.subarray(offset, offset + length));
