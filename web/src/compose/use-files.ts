/** Files on their way up: progress, refusal of what is too large before it is sent, and taking back. */
import { useCallback, useRef, useState } from "react";
import { useMail } from "../app/mail-context.tsx";
import { capabilities } from "../jmap/client.ts";
import { problemSentence } from "../jmap/problems.ts";
import { sizeText } from "../mail/wording.ts";
import type { OutgoingFile } from "./outgoing.ts";

export interface ComposeFile {
  readonly key: string;
  readonly name: string;
  readonly sizeOctets: number;
  readonly state:
    | { readonly kind: "sending"; readonly fraction: number }
    | { readonly kind: "failed"; readonly problem: string }
    | { readonly kind: "ready"; readonly file: OutgoingFile };
}

const defaultLimitOctets = 35_000_000;

export function useFiles(accountId: string, initial: readonly OutgoingFile[]) {
  const { transfer, jmap, announce } = useMail();
  const [files, setFiles] = useState<readonly ComposeFile[]>(() =>
    initial.map((file) => ({ key: crypto.randomUUID(), name: file.name, sizeOctets: file.sizeOctets, state: { kind: "ready", file } })),
  );
  const stops = useRef(new Map<string, AbortController>());
  const advertised = Number(jmap.accounts[accountId]?.accountCapabilities[capabilities.mail]?.maxSizeAttachmentsPerEmail ?? 0);
  const limitOctets = advertised > 0 ? advertised : defaultLimitOctets;
  const totalOctets = files.reduce((sum, file) => sum + (file.state.kind === "failed" ? 0 : file.sizeOctets), 0);

  const change = useCallback((key: string, state: ComposeFile["state"]) => {
    setFiles((before) => before.map((file) => (file.key === key ? { ...file, state } : file)));
  }, []);

  const add = (chosen: readonly File[]) => {
    let room = limitOctets - totalOctets;
    for (const file of chosen) {
      const key = crypto.randomUUID();
      const fits = file.size <= room;
      const state: ComposeFile["state"] = fits
        ? { kind: "sending", fraction: 0 }
        : { kind: "failed", problem: `Too large: a message can carry ${sizeText(limitOctets)} in all` };
      setFiles((before) => [...before, { key, name: file.name, sizeOctets: file.size, state }]);
      if (!fits) continue;
      room -= file.size;
      const stop = new AbortController();
      stops.current.set(key, stop);
      transfer
        .upload(accountId, file, (fraction) => change(key, { kind: "sending", fraction }), stop.signal)
        .then((blob) => {
          change(key, {
            kind: "ready",
            file: { blobId: blob.blobId, name: file.name, type: file.type || "application/octet-stream", sizeOctets: file.size, cid: null },
          });
          announce(`${file.name} is attached`);
        })
        .catch((error: unknown) => {
          if (!stop.signal.aborted) change(key, { kind: "failed", problem: problemSentence(error) });
        })
        .finally(() => stops.current.delete(key));
    }
  };

  const remove = (key: string) => {
    stops.current.get(key)?.abort();
    setFiles((before) => before.filter((file) => file.key !== key));
  };
  const ready = files.flatMap((file) => (file.state.kind === "ready" ? file.state.file : []));
  return { files, add, remove, ready, totalOctets, limitOctets, sending: files.some((file) => file.state.kind === "sending") };
}
