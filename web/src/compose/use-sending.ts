/** Saving by itself, checking, sending, and calling back within the undo window. */
import { useEffect, useRef, useState } from "react";
import { useMail } from "../app/mail-context.tsx";
import { JmapProblem, problemSentence } from "../jmap/problems.ts";
import type { Identity, Mailbox } from "../jmap/types.ts";
import { useCompose } from "./compose-context.tsx";
import { DraftSaver, type SentMessage, undoSend } from "./draft-saver.ts";
import { emailCreate, isEmptyOutgoing, type Outgoing } from "./outgoing.ts";
import type { ComposeStart } from "./start.ts";

const saveAfterMilliseconds = 2_500;
/** Undo is offered a little shorter than the service holds a message (10 s); one that has gone is answered cannotUnsend. */
const undoMilliseconds = 8_500;

interface SendingOptions {
  readonly accountId: string;
  readonly start: ComposeStart;
  readonly outgoing: Outgoing;
  /** What stands in an address field and is not an address yet. */
  readonly typed: string;
  readonly filesSending: boolean;
  readonly identity: Identity;
  readonly drafts: Mailbox | null;
  readonly sent: Mailbox | null;
  readonly onClose: () => void;
}

export function useSending(options: SendingOptions) {
  const mail = useMail();
  const compose = useCompose();
  const { accountId, start, outgoing, identity, drafts, sent } = options;
  const [saver] = useState(() => new DraftSaver(mail.client, accountId, start.draftId));
  const [saveState, setSaveState] = useState("");
  const [problems, setProblems] = useState<{ to?: string; cc?: string; bcc?: string }>({});
  const [refused, setRefused] = useState<string | null>(null);
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const done = useRef(false);
  const fingerprint = JSON.stringify([
    outgoing.to,
    outgoing.cc,
    outgoing.bcc,
    outgoing.subject,
    outgoing.format,
    outgoing.body,
    outgoing.quote !== null,
    outgoing.files,
    identity?.id,
  ]);
  const saved = useRef(fingerprint);
  const create = () => emailCreate(outgoing, identity, drafts?.id ?? "");

  const save = async (): Promise<boolean> => {
    if (!drafts || saved.current === fingerprint || (isEmptyOutgoing(outgoing) && saver.draftId === null)) return true;
    try {
      setSaveState("Saving…");
      await saver.save(create());
      saved.current = fingerprint;
      setSaveState("Saved in Drafts");
      return true;
    } catch (error) {
      setSaveState("Not saved");
      if (!(error instanceof JmapProblem && error.kind === "offline")) setRefused(problemSentence(error));
      return false;
    }
  };
  const saveLatest = useRef(save);
  saveLatest.current = save;
  useEffect(() => {
    if (done.current || saved.current === fingerprint) return;
    const timer = setTimeout(() => void (done.current || saveLatest.current()), saveAfterMilliseconds);
    return () => clearTimeout(timer);
  }, [fingerprint]);

  const close = async () => {
    done.current = true;
    if (await save()) {
      if (saver.draftId) void mail.queries.invalidateQueries({ queryKey: ["mailboxes", accountId] });
      options.onClose();
    } else done.current = false;
  };

  const discard = async () => {
    done.current = true;
    await mail.attempt(() => saver.discard());
    void mail.queries.invalidateQueries({ queryKey: ["mailboxes", accountId] });
    mail.notify({ text: "Draft thrown away" });
    options.onClose();
  };

  const undo = (message: SentMessage) =>
    void mail.attempt(async () => {
      if (!drafts) return;
      await undoSend(mail.client, accountId, message, drafts.id, sent?.id ?? null);
      compose({ kind: "draft", accountId, draftId: message.emailId });
      mail.announce("Sending was stopped. The message is a draft again.");
    });

  const markOriginal = async () => {
    if (!start.originalId || !start.kind) return;
    const keyword = start.kind === "forward" ? "$forwarded" : "$answered";
    await mail.actions.setKeyword(accountId, [start.originalId], keyword, true).catch(() => {});
  };

  const send = async () => {
    if (busy || done.current) return;
    setTried(true);
    const recipients = outgoing.to.length + outgoing.cc.length + outgoing.bcc.length;
    const found = recipients === 0 ? { to: options.typed === "" ? "Add at least one recipient" : undefined } : {};
    setProblems(found);
    if (recipients === 0 || options.typed !== "") return;
    if (options.filesSending) {
      setRefused("A file is still being attached. Wait until it is ready, or remove it.");
      return;
    }
    if (!drafts) return;
    setBusy(true);
    setRefused(null);
    done.current = true;
    try {
      const message = await saver.send(create(), identity.id, drafts.id, sent?.id ?? null);
      void markOriginal();
      void mail.queries.invalidateQueries({ queryKey: ["mailboxes", accountId] });
      if (outgoing.inReplyTo) void mail.queries.invalidateQueries({ queryKey: ["thread", accountId] });
      if (message.canBeUndone)
        mail.notify({ text: "Message on its way", milliseconds: undoMilliseconds, action: { label: "Undo", run: () => undo(message) } });
      else mail.notify({ text: "Message sent" });
      options.onClose();
    } catch (error) {
      done.current = false;
      setRefused(problemSentence(error));
    } finally {
      setBusy(false);
    }
  };
  return { saveState, problems, refused, tried, busy, send, close, discard };
}
